--- Fails whenever it is started.

error('nothing is where it should be', 0)
