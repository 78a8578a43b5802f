-- Wants all the time there is.

print 'computes without end'
while true do end
