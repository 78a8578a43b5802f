std = 'lua54+lepton'
max_line_length = 100
self = false
exclude_files = { 'build', 'spec/differential/snippets' }

stds.lepton = {
	globals = { 'process' },
}

files['spec'].std = '+busted'
