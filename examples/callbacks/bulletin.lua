--- A module of main with a list of its own instead of an emitter. Whoever keeps functions like this
--- has to see to it that pages take theirs back.

local subscribers = {}

local bulletin = {}

---@param subscriber fun(news: string)
function bulletin.subscribe(subscriber)
	table.insert(subscribers, subscriber)
end

--- The function that a page passes twice arrives as the same function, so it can be found again.
---@param subscriber fun(news: string)
function bulletin.unsubscribe(subscriber)
	for i = #subscribers, 1, -1 do
		if subscribers[i] == subscriber then
			table.remove(subscribers, i)
		end
	end
end

---@param news string
function bulletin.publish(news)
	for _, subscriber in ipairs(subscribers) do
		subscriber(news)
	end
end

---@return integer
function bulletin.count()
	return #subscribers
end

--- Forgets all subscribers, of whatever page.
function bulletin.clear()
	subscribers = {}
end

return bulletin
