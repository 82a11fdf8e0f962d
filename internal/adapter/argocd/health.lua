-- The health of a Knative object that has a Ready condition. What a status
-- says of an older generation is not yet about the object as it is now. What
-- belay warned of when it compiled the object is a part of the message.
local function withWarnings(health)
  local annotations = obj.metadata.annotations or {}
  local warnings = annotations["belay.sh/warnings"]
  if warnings == nil then
    return health
  end
  if health.message ~= "" then
    health.message = health.message .. "; "
  end
  health.message = health.message .. "belay warns: " .. warnings
  return health
end

local health = {status = "Progressing", message = "the controller has not seen the object yet"}
if obj.status == nil or obj.status.observedGeneration == nil then
  return withWarnings(health)
end
if obj.status.observedGeneration ~= obj.metadata.generation then
  health.message = "the controller has not seen the last change yet"
  return withWarnings(health)
end
health.message = "no Ready condition yet"
for _, condition in ipairs(obj.status.conditions or {}) do
  if condition.type == "Ready" then
    health.message = condition.message or condition.reason or ""
    if condition.status == "True" then
      health.status = "Healthy"
    elseif condition.status == "False" then
      health.status = "Degraded"
    end
  end
end
return withWarnings(health)
