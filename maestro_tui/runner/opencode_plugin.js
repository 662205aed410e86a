// Tells maestro what this session is doing. Written for one session; opencode loads it from there.
import { spawn } from "node:child_process"

export const Maestro = async () => {
  const children = new Set()
  const tell = (verb, sessionID, ...options) => {
    if (children.has(sessionID)) return
    const payload = JSON.stringify(sessionID ? { session_id: sessionID } : {})
    const words = ["session", verb, ...options, "--payload", payload]
    spawn("{maestro}", words, { stdio: "ignore", detached: true }).on("error", () => {}).unref()
  }
  return {
    event: async ({ event: { type, properties = {} } }) => {
      const id = properties.sessionID ?? properties.info?.id
      if (type === "session.created") {
        if (properties.info?.parentID) children.add(id)
        else tell("register", id)
      } else if (type === "session.idle") tell("idle", id)
      else if (type === "session.status" && properties.status?.type === "busy") tell("resume-working", id)
      else if (type === "session.error") tell("needs-input", id, "--need", "error")
      else if (type === "permission.asked" || type === "permission.updated") tell("needs-input", id, "--need", "permission")
      else if (type === "question.asked") tell("needs-input", id, "--need", "question")
      else if (type === "permission.replied" || type === "question.replied") tell("resume-working", id)
    },
  }
}
