-- Part of asof: answers every request for a site's files, in lighttpd's mod_magnet. Changes with the version of asof alone: do not edit.
--
-- asof.conf, beside this file, says which requests come here. asof-times.txt, beside it too, holds the site and the times of its
-- checkpoints. It is looked at once a second and takes the place of the one read before: no reload, no restart.
--
-- Functions have the names of those in asof's own sources that they must agree with (src/model: resolve-request.ts, raw-path.ts,
-- timestamp.ts, timeline.ts, memento.ts, content-type.ts). Runs in Lua 5.1 to 5.4.

-- This text runs for each request. What it defines is kept until lighttpd loads another text, which it gives another environment.
local environment = _ENV or getfenv(1)
local kept = package.loaded.asof
if kept ~= nil and kept.environment == environment then return kept.answer(lighty) end

local byte, char, find, format, gmatch, gsub, lower, match, sub =
  string.byte, string.char, string.find, string.format, string.gmatch, string.gsub, string.lower, string.match, string.sub
local floor, concat, tonumber = math.floor, table.concat, tonumber
local open, date, time, print = io.open, os.date, os.time, print

local placeOf, answerPages, answerAssets, answerNothing, answerPlain, answerCheckpoints, answerTimeGate
local resolveRequest, resolveTimeGate
local sendFound, sendFile, isSatisfiable, sendGone, sendLine, sendRedirect, slashRedirect, redirect
local splitTarget, splitBelow, normalizeRawPath, percentDecode, hasControlOrSpace
local splitTimestamp, timeOf, daysInMonth, pointAtOrBefore, isGoneAt, nameAt, isNewerOnDisk, timelineOf
local mementoLink, originalLink, hasLinkSigns, addLinks, parseHttpDate, httpDateOf, contentTypeOf
local currentSite, readSite, parseSite, lineParsers, addPlace, readTimes

local data = match(debug.getinfo(1, "S").source, "^@?(.*/)") .. "asof-times.txt"
local immutable = "public, max-age=31536000, immutable"

-- Answers the request that lighttpd is at: what is sent stands in `lighty`, the status is returned.
local function answer(lighty)
  local r, site = lighty.r, currentSite(lighty)
  local rawPath, query = splitTarget(r.req_attr["request.orig-uri"])
  local path = normalizeRawPath(rawPath)
  local place = site ~= nil and path ~= nil and placeOf(site, path)
  -- Every path that is no UTF-8 comes here, because no pattern in asof.conf can tell whose it is: lighttpd goes on with those of others.
  if place == nil and find(path, "[\128-\255]") then return 0 end

  local header = r.resp_header
  header["Content-Security-Policy"] = site and site.policy or "sandbox; default-src 'none'"
  header["X-Content-Type-Options"] = "nosniff"
  -- mod_deflate encodes for those who ask: a .gz is what the repository signed, not a way of sending something else.
  r.req_header["Accept-Encoding"] = nil
  if site == nil then return sendLine(r, 503, "The rules of this site cannot be read.") end

  local method = r.req_attr["request.method"]
  if method ~= "GET" and method ~= "HEAD" then
    header["Allow"] = "GET, HEAD"
    return sendLine(r, 405, "Only GET and HEAD.")
  end
  if r.req_header["Service-Worker"] == "script" then return sendLine(r, 403, "No service workers.") end
  if path == nil or query ~= "" and hasControlOrSpace(query) then return sendLine(r, 400, "Bad request.") end
  if place == nil then return sendLine(r, 404, "Not found.") end

  if find(path, ".json", -5, true) then header["Access-Control-Allow-Origin"] = "*" end
  return place.answer({ lighty = lighty, r = r, site = site, rawPath = rawPath, query = query, path = path }, place)
end

-- What asof has at a normalized path: the deepest place that it is at or below.
function placeOf(site, path)
  local places, slash = site.places, #site.mount
  local deepest
  for _ = 1, site.depth do
    slash = find(path, "/", slash + 1, true)
    local place = places[slash == nil and path .. "/" or sub(path, 1, slash)]
    if place ~= nil then
      if place.isLeaf then return place end
      deepest = place
    end
    if slash == nil then break end
  end
  return deepest or sub(path .. "/", 1, #site.mount) == site.mount and places[site.mount] or nil
end

-- Places -----------------------------------------------------------------------------------------------------------------------------

-- Whatever is here may change, and so may what is above it.
function answerPages(request, place)
  return sendFound(request, place.base, "no-cache")
end

-- A plain distribution tells with every answer where its past is.
function answerPlain(request, place)
  local base = place.base
  if place.gate ~= nil and sub(request.rawPath, 1, #base) == base then
    request.r.resp_header["Link"] = originalLink(place, sub(request.rawPath, #base + 1))
  end
  return sendFound(request, base, "no-cache")
end

function answerAssets(request, place)
  return sendFound(request, place.base, "public, max-age=3600")
end

-- Shared directories have their own addresses; this second one would outlive a prune.
function answerNothing(request)
  return sendLine(request.r, 404, "Not found.")
end

-- A checkpoint distribution.
function answerCheckpoints(request, place)
  local r, header = request.r, request.r.resp_header
  local kind, isTime, what, detail, caching, rawRest = resolveRequest(request, place)
  if isTime then header["X-Robots-Tag"] = "noindex, nofollow" end
  if kind == "redirect" then
    if rawRest ~= nil then header["Link"] = mementoLink(place, rawRest) end
    return sendRedirect(r, what, detail, caching)
  elseif kind == "checkpoint" then
    request.memento = { date = httpDateOf(what), link = mementoLink(place, detail) }
    return sendFound(request, place.base, immutable)
  elseif kind == "gone" then
    return sendGone(request, place, what)
  elseif kind == "beside" then
    local below = sub(request.path, #place.base + 1)
    if below == "timemap" or sub(below, 1, 14) == "_asof/timemap/" then request.contentType = "application/link-format" end
    return sendFound(request, place.base, "no-cache")
  end
  return sendLine(r, 404, "Not found.")
end

function answerTimeGate(request, place)
  local r, header = request.r, request.r.resp_header
  header["Vary"] = "accept-datetime"
  local kind, rawPath, location = resolveTimeGate(request, place, r.req_header["Accept-Datetime"])
  if rawPath ~= nil then header["Link"] = mementoLink(place, rawPath) end
  if kind == "redirect" then return sendRedirect(r, 302, location, "no-store") end
  if kind == "bad-request" then return sendLine(r, 400, "Accept-Datetime is no date of RFC 1123.") end
  return sendLine(r, 404, "Not found.")
end

-- The time contract ------------------------------------------------------------------------------------------------------------------

-- What the time contract says to a request target at or below a checkpoint distribution: a kind, whether the path begins with a time,
-- and what belongs to the kind: of a redirect its status, Location, Cache-Control, and the raw path behind the time where it leads to
-- another one; of a checkpoint its number and that raw path; of a tombstone the name of its second.
function resolveRequest(request, place)
  local base, path, rawPath, query = place.base, request.path, request.rawPath, request.query
  if #path < #base then
    if rawPath ~= path then return "missing", false end
    return "redirect", false, slashRedirect(rawPath, query)
  end

  local name, rest = splitBelow(path, base)
  local days, clock = splitTimestamp(name)
  local isTime = days ~= nil
  if not isTime and name ~= "latest" then return "beside", false end

  -- Raw and normalized path must mean the same second: /T/../U/x is a request for neither T nor U.
  if rawPath ~= path then
    if sub(rawPath, 1, #base) ~= base then return "missing", isTime end
    local rawName
    rawName, rest = splitBelow(rawPath, base)
    if rawName ~= name then return "missing", isTime end
  end

  local timeline = timelineOf(request.site, place.repository)
  if timeline == nil then return "missing", isTime end
  if not isTime then
    local newest = timeline.newest
    if newest == nil then return "missing", false end
    return "redirect", false, redirect(302, base .. newest, rest, query, "no-store")
  end

  local at = #name == 16 and timeOf(days, clock)
  if not at then return "missing", true end
  local index = pointAtOrBefore(timeline, at)
  local isOpen = timeline.horizon == nil or at > timeline.horizon
  local isGone = isGoneAt(timeline, index)
  if timeline.times[index] == at and not isGone or isOpen and isNewerOnDisk(request, base, name) then
    if rest == "" then return "redirect", true, slashRedirect(rawPath, query) end
    return "checkpoint", true, at, sub(rest, 2)
  end
  if index == 0 then return "missing", true end
  if isGone then return "gone", true, nameAt(timeline, index) end
  local to = base .. nameAt(timeline, index)
  if not isOpen then
    return "redirect", true, redirect(301, to, rest, query, timeline.settled and immutable or "no-cache")
  end
  if at > tonumber(date("!%Y%m%d%H%M%S")) then return "missing", true end
  return "redirect", true, redirect(302, to, rest, query, "no-store")
end

-- The first segment below a base, and what is behind it.
function splitBelow(path, base)
  local slash = find(path, "/", #base + 1, true)
  if slash == nil then return sub(path, #base + 1), "" end
  return sub(path, #base + 1, slash - 1), sub(path, slash)
end

-- A directory asked for without its slash: one redirect to the same raw target with it.
function slashRedirect(rawPath, query)
  return 301, rawPath .. "/" .. query, "no-cache"
end

-- A bare second means the checkpoint's root: its slash is added here, so that it costs one redirect and not two.
function redirect(status, to, rest, query, caching)
  return status, to .. (rest == "" and "/" or rest) .. query, caching, sub(rest, 2)
end

-- Rules may lag behind the tree: a checkpoint newer than all that they know is served.
function isNewerOnDisk(request, base, name)
  local site = request.site
  local directory = request.lighty.stat(site.public .. sub(base, #site.mount) .. name)
  return directory ~= nil and directory.is_dir
end

-- What the TimeGate answers: a kind, the raw path behind the gate where the answer carries links, and where a redirect leads.
function resolveTimeGate(request, place, acceptDatetime)
  local gate, rawPath = place.gate, request.rawPath
  if sub(rawPath .. "/", 1, #gate) ~= gate then return "missing" end
  local rest = sub(rawPath, #gate + 1)
  local timeline = timelineOf(request.site, place.repository)
  if timeline == nil then return "missing" end

  local at
  if acceptDatetime == nil or acceptDatetime == "" then
    at = timeline.newest
  else
    local wanted = parseHttpDate(acceptDatetime)
    if wanted == nil then return "bad-request", rest end
    local index = pointAtOrBefore(timeline, wanted)
    at = index > 0 and nameAt(timeline, index) or timeline.oldest
  end
  if at == nil then return "missing", rest end
  return "redirect", rest, place.base .. at .. "/" .. rest .. request.query
end

-- Powers of two: a step that is too long by one lands behind the last point, where there is none.
local steps = { 1 }
for size = 2, 40 do steps[size] = 2 * steps[size - 1] end

-- Index of the newest point at or before a time; 0 before the first.
function pointAtOrBefore(timeline, at)
  local times, index = timeline.times, 0
  for size = timeline.longestStep, 1, -1 do
    local point = times[index + steps[size]]
    if point ~= nil and point <= at then index = index + steps[size] end
  end
  return index
end

-- Request targets --------------------------------------------------------------------------------------------------------------------

-- The raw path and the raw query with its question mark ("" without one).
function splitTarget(target)
  local mark = find(target, "?", 1, true)
  if mark == nil then return target, "" end
  return sub(target, 1, mark - 1), sub(target, mark)
end

-- The path that is meant by a raw one, decoded once, `//` merged, `.` and `..` resolved, cut at `#`; nil where the answer is 400.
function normalizeRawPath(rawPath)
  if hasControlOrSpace(rawPath) or byte(rawPath) ~= 47 then return nil end
  -- Most paths are what they mean.
  local isPlain = not find(rawPath, "%", 1, true) and not find(rawPath, "#", 1, true)
    and not find(rawPath, "//", 1, true) and not find(rawPath, "/.", 1, true)
  if isPlain then return rawPath end
  local decoded = percentDecode(match(rawPath, "^[^#]*"))
  if decoded == nil then return nil end
  local segments, count = {}, 0
  local isDirectory = true
  for part in gmatch(decoded, "/([^/]*)") do
    isDirectory = part == "" or part == "." or part == ".."
    if part == ".." then
      if count == 0 then return nil end
      count = count - 1
    elseif not isDirectory then
      count = count + 1
      segments[count] = part
    end
  end
  local path = concat(segments, "/", 1, count)
  return "/" .. path .. (isDirectory and count > 0 and "/" or "")
end

function percentDecode(text)
  local isBad = false
  local decoded = gsub(text, "%%(.?.?)", function(hex)
    if not find(hex, "^%x%x$") or hex == "00" then
      isBad = true
      return ""
    end
    return char(tonumber(hex, 16))
  end)
  if isBad then return nil end
  return decoded
end

-- Whether text holds a byte that no request target may: it would end the request line, or the header line that repeats it.
function hasControlOrSpace(text)
  local _, printable = find(text, "^[!-~]*")
  return printable < #text and find(text, "[\1-\32\127]", printable + 1) ~= nil
end

-- Times: the second 20250318T140338Z is the number 20250318140338 --------------------------------------------------------------------

-- The digits of whatever begins like a timestamp, with or without junk behind it; nil of anything else.
function splitTimestamp(text)
  return match(text, "^(%d%d%d%d%d%d%d%d)T(%d%d%d%d%d%d)Z")
end

-- The number of a timestamp by its digits, or nil when it is not a real second.
function timeOf(days, clock)
  days, clock = tonumber(days), tonumber(clock)
  local day = days % 100
  local month = (days % 10000 - day) / 100
  if month < 1 or month > 12 or day < 1 or day > daysInMonth(floor(days / 10000), month) then return nil end
  if clock >= 240000 or clock % 10000 >= 6000 or clock % 100 >= 60 then return nil end
  return days * 1000000 + clock
end

local monthLengths = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

function daysInMonth(year, month)
  if month == 2 and (year % 4 == 0 and year % 100 ~= 0 or year % 400 == 0) then return 29 end
  return monthLengths[month]
end

-- Names of their own, because those of os.date are the locale's.
local weekdays = { [0] = "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" }
local months = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }
-- How many days of the week a month's first is behind that of a year which begins in March.
local monthOffsets = { 0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4 }

-- `Tue, 18 Mar 2025 14:03:38 GMT`
function httpDateOf(at)
  local clock = at % 1000000
  local days = (at - clock) / 1000000
  local day = days % 100
  local month = (days % 10000 - day) / 100
  local year = floor(days / 10000)
  local from = month < 3 and year - 1 or year
  local weekday = (from + floor(from / 4) - floor(from / 100) + floor(from / 400) + monthOffsets[month] + day) % 7
  return format(
    "%s, %02d %s %04d %02d:%02d:%02d GMT",
    weekdays[weekday], day, months[month], year, floor(clock / 10000), floor(clock / 100) % 100, clock % 100
  )
end

-- The number of the second that an Accept-Datetime means, in the form of RFC 1123 alone; the day of the week is not compared.
function parseHttpDate(text)
  local weekday, day, month, year, hour, minute, second =
    match(text, "^(%a%a%a), (%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$")
  if weekday == nil then return nil end
  local isDay = false
  for index = 0, 6 do isDay = isDay or weekdays[index] == weekday end
  for index = 1, isDay and 12 or 0 do
    if months[index] == month then return timeOf(year .. format("%02d", index) .. day, hour .. minute .. second) end
  end
  return nil
end

-- Links of Memento, RFC 7089 ---------------------------------------------------------------------------------------------------------

-- Of answers below a time or below the TimeGate; nil when the request would write links of its own into it.
function mementoLink(place, rawPath)
  if hasLinkSigns(rawPath) then return nil end
  return place.toOriginal .. rawPath .. place.toGate .. rawPath .. place.toMap
end

-- Of a plain distribution: where its past is.
function originalLink(place, rawPath)
  if hasLinkSigns(rawPath) then return nil end
  return "<" .. place.gate .. rawPath .. place.toMap
end

function hasLinkSigns(rawPath)
  return find(rawPath, "<", 1, true) or find(rawPath, ">", 1, true) or find(rawPath, '"', 1, true)
end

-- What stands in these headers around the path.
function addLinks(place, gate, map, original)
  place.gate = gate
  if original ~= nil then
    place.toOriginal = "<" .. original
    place.toGate = '>; rel="original", <' .. gate
  end
  place.toMap = '>; rel="timegate", <' .. map .. '>; rel="timemap"; type="application/link-format"'
end

-- Responses --------------------------------------------------------------------------------------------------------------------------

-- The body is there that HEAD may have the headers of GET: of an empty one lighttpd tells the length to GET alone.
function sendRedirect(r, status, location, caching)
  local header = r.resp_header
  header["Location"] = location
  header["Cache-Control"] = caching
  header["Content-Type"] = "text/plain"
  r.resp_body.set("Moved.\n")
  return status
end

-- A line of text is the body of every error: lighttpd drops the headers of those that have none, and asks its error handlers.
function sendLine(r, status, text, caching)
  r.resp_header["Cache-Control"] = caching or "no-store"
  r.resp_header["Content-Type"] = "text/plain"
  r.resp_body.set(text .. "\n")
  return status
end

-- The file that a path names, a directory's index.html, or the redirect that gives a directory its slash. `base` is the beginning
-- of all paths that may be named in that redirect: what else is raw in there cannot be a host.
function sendFound(request, base, caching)
  local r, site, path = request.r, request.site, request.path
  local isDirectory = sub(path, -1) == "/"
  if isDirectory then path = path .. "index.html" end
  local file = request.lighty.stat(site.public .. sub(path, #site.mount))
  if file == nil then return sendLine(r, 404, "Not found.") end
  if file.is_file then return sendFile(request, path, file, caching) end
  local rawPath = request.rawPath
  if not file.is_dir or sub(rawPath .. "/", 1, #base) ~= base or find(rawPath, "#", 1, true) then
    return sendLine(r, 404, "Not found.")
  end
  return sendRedirect(r, 301, rawPath .. (isDirectory and "index.html/" or "/") .. request.query, "no-cache")
end

-- lighttpd sends it as one of its own static files, with ranges and conditions.
function sendFile(request, path, file, caching)
  local r, header, memento = request.r, request.r.resp_header, request.memento
  local name = match(path, "[^/]*$")
  header["Content-Type"] = request.contentType or contentTypeOf(request.site, name)
  header["Cache-Control"] = name == "index.html" and caching == immutable and "no-cache" or caching
  if memento ~= nil then
    header["Memento-Datetime"] = memento.date
    header["Link"] = memento.link
  end
  local size, status = file.st_size, file["http-response-send-file"]
  local range = status == 200 and r.req_attr["request.method"] == "GET" and r.req_header["Range"]
  if range and r.req_header["If-Range"] == nil and not isSatisfiable(range, size) then
    status = 416
    header["Content-Range"] = "bytes */" .. format("%d", size)
  end
  if status == 200 or status == 304 then return status end
  if memento ~= nil then header["Memento-Datetime"], header["Link"] = nil, nil end
  header["ETag"], header["Last-Modified"] = nil, nil
  return sendLine(r, status, status == 416 and "No such part." or "Forbidden.")
end

-- Whether a file has one of the ranges that are asked for. lighttpd would leave all our headers out of its 416.
function isSatisfiable(range, size)
  local ranges = match(lower(range), "^bytes=(.*)$")
  if ranges == nil or size == 0 then return true end
  for first, last in gmatch(ranges, "(%d*)%s*%-%s*(%d*)") do
    local from, to = tonumber(first), tonumber(last)
    if from == nil then
      if to ~= nil and to > 0 then return true end
    elseif from < size and (to == nil or to >= from) then
      return true
    end
  end
  return false
end

-- The page about a run of tombstones, or a line when it is not there.
function sendGone(request, place, from)
  local r, site = request.r, request.site
  local name = from .. ".html"
  local path = site.public .. sub(place.base, #site.mount) .. "_asof/gone/" .. name
  local page = request.lighty.stat(path)
  r.resp_header["Access-Control-Allow-Origin"] = nil
  if page == nil or not page.is_file or page.st_size == 0 then
    return sendLine(r, 410, "This checkpoint was removed.", "no-cache")
  end
  r.resp_header["Cache-Control"] = "no-cache"
  r.resp_header["Content-Type"] = contentTypeOf(site, name)
  r.resp_body.set({ { filename = path } })
  return 410
end

-- Listings are UTF-8; nothing is said of other pages, which are the repository's own.
function contentTypeOf(site, name)
  if name == "index.html" then return "text/html; charset=utf-8" end
  local extension = match(name, ".%.([^.]*)$")
  return extension ~= nil and site.types[lower(extension)] or "application/octet-stream"
end

-- The site ---------------------------------------------------------------------------------------------------------------------------

local site, problem, checkedAt

-- What asof-times.txt says, at most a second old, or nil when it cannot be read whole.
function currentSite(lighty)
  local second = time()
  if second ~= checkedAt then
    checkedAt = second
    local earlier = problem
    site, problem = readSite(lighty, site)
    if problem ~= nil and problem ~= earlier then print("asof: " .. problem) end
  end
  return site
end

-- The first line is a digest of the rest, and where public/ is: half a file, or one that was changed by hand, is none. The path is left
-- out of the digest, so that a copy of the site in another folder needs no more than another path.
function readSite(lighty, old)
  local file, reason = open(data, "rb")
  if file == nil then return nil, reason end
  local heading = file:read()
  if old ~= nil and heading == old.heading then
    file:close()
    return old
  end
  local body = file:read("*a")
  file:close()
  local digest, public = match(heading or "", "^asof%-times 1 (%x+) (/.*)$")
  if digest == nil then return nil, data .. " is not of the kind that this script reads" end
  local actual = lighty.c.md("sha256", body)
  if actual ~= nil and lower(actual) ~= digest then return nil, data .. " is damaged" end
  return parseSite(heading, public, body, old)
end

-- Lines of a key and a value, of which unknown ones and comments mean nothing, then repositories, then a last line `end`.
function parseSite(heading, public, body, old)
  local parsed = { heading = heading, public = public, types = {}, places = {}, repositories = {}, depth = 0 }
  local lines = find(body, "\nrepository ", 1, true) or #body
  for key, value in gmatch(sub(body, 1, lines), "([^\n ]+) ([^\n]*)") do
    local parse = lineParsers[key]
    if parse ~= nil then parse(parsed, value) end
  end
  for name, promise, horizon, text in gmatch(body, "\nrepository (%S+) (%S+) (%S+) {\n([^}]*)}") do
    local repository = { settled = promise == "settled", horizon = tonumber(horizon), text = text }
    local earlier = old ~= nil and old.repositories[name]
    -- Times that are as they were need not be read again.
    if earlier and earlier.text == text then readTimes(repository, earlier) end
    parsed.repositories[name] = repository
  end
  local isWhole = parsed.mount and parsed.policy and sub(body, -5) == "\nend\n"
  if not isWhole then return nil, data .. " is not whole" end
  return parsed
end

lineParsers = {
  mount = function(parsed, path) parsed.mount = path end,
  policy = function(parsed, policy) parsed.policy = policy end,
  type = function(parsed, value)
    local extension, mediaType = match(value, "^(%S+) (.*)$")
    parsed.types[extension] = mediaType
  end,
  nothing = function(parsed, base) addPlace(parsed, base, answerNothing, false) end,
  pages = function(parsed, base) addPlace(parsed, base, answerPages, false) end,
  assets = function(parsed, base) addPlace(parsed, base, answerAssets, true) end,
  plain = function(parsed, value)
    local base, gate, map = match(value, "^(%S+) ?(%S*) ?(%S*)$")
    local place = addPlace(parsed, base, answerPlain, true)
    if gate ~= "" then addLinks(place, gate, map) end
  end,
  checkpoints = function(parsed, value)
    local base, repository, gate, map, original = match(value, "^(%S+) (%S+) (%S+) (%S+) (%S+)$")
    for path, answerPlace in pairs({ [base] = answerCheckpoints, [gate] = answerTimeGate }) do
      local place = addPlace(parsed, path, answerPlace, true)
      place.base, place.repository = base, repository
      addLinks(place, gate, map, original)
    end
  end,
}

-- `isLeaf` says that no other place is below this one.
function addPlace(parsed, base, answerPlace, isLeaf)
  local place = { base = base, answer = answerPlace, isLeaf = isLeaf }
  local _, slashes = gsub(base, "/", "")
  if slashes > parsed.depth then parsed.depth = slashes end
  parsed.places[base] = place
  return place
end

-- What a repository answers for each second, or nil when the site has none of that name.
function timelineOf(parsed, name)
  local repository = parsed.repositories[name]
  if repository ~= nil and repository.times == nil then readTimes(repository) end
  return repository
end

-- A line of 17 characters for each point, in ascending order: 20250318T140338Z, with `g` for `Z` where a run of tombstones begins.
function readTimes(repository, earlier)
  if earlier ~= nil then
    repository.times, repository.longestStep = earlier.times, earlier.longestStep
    repository.oldest, repository.newest = earlier.oldest, earlier.newest
    return
  end
  local times, count = {}, 0
  for days, clock in gmatch(repository.text, "(%d+)T(%d+)") do
    count = count + 1
    times[count] = tonumber(days) * 1000000 + tonumber(clock)
  end
  repository.times, repository.longestStep = times, 0
  local length = count
  while length > 0 do repository.longestStep, length = repository.longestStep + 1, floor(length / 2) end
  repository.oldest = match(repository.text, "%d+T%d+Z")
  for index = count, 1, -1 do
    if not isGoneAt(repository, index) then
      repository.newest = nameAt(repository, index)
      break
    end
  end
end

function isGoneAt(repository, index)
  return index > 0 and byte(repository.text, 17 * index - 1) == 103
end

function nameAt(repository, index)
  local name = sub(repository.text, 17 * index - 16, 17 * index - 1)
  return byte(name, 16) == 90 and name or sub(name, 1, 15) .. "Z"
end

package.loaded.asof = { environment = environment, answer = answer }
return answer(lighty)
