-- A page that says that it is there, and then does nothing.

require 'remote'.require 'windows-of-bench'.arrived()
