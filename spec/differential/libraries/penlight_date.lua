local Date = require 'pl.Date'

local d = Date { year = 2024, month = 2, day = 28, hour = 12 }
print(d:year(), d:month(), d:day(), d:hour(), d:min(), d:sec())
print(d:add { day = 2 }:day(), d:month(), d:month_name(), d:weekday_name(), d:yday())
print(d:last_day(), d:is_weekend(), Date.is_leap_year ~= nil)
local e = Date { year = 2024, month = 3, day = 8, hour = 12 }
print(d < e, e < d, d == e, d <= e, e >= d)
local gap = d:diff(e)
print(gap:day(), tostring(gap))
print(pcall(function() return e - d end))
print(d - e)
local format = Date.Format 'yyyy-mm-dd'
print(format:tostring(d), format:parse('2010-12-31'):month())
print(format:parse 'no date')
print(Date.Format('dd/mm/yyyy'):parse('03/02/2001'):month())
print(Date(2000, 1, 1):add { month = 1 }:month(), Date(0):year())
print(pcall(function() return Date { year = 'x' } end) == false)
