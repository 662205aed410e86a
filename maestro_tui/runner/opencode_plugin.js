// Tells maestro what this session is doing. Written for one session; opencode loads it from there.
import { spawn } from "node:child_process"

const PATIENCE = 3 // attempts to reach the model before somebody is told

const permission = ({ permission, metadata, title }) =>
  permission ? { tool_name: permission, tool_input: metadata } : { message: title }

// One after the other: what is told last shall count.
const run = (words) => new Promise((done) => {
  spawn("{maestro}", words, { stdio: "ignore", detached: true }).on("error", done).on("exit", done).unref()
})

export const Maestro = async () => {
  const children = new Set()
  const retrying = new Set()
  const failed = new Set()
  let last = Promise.resolve()
  const own = (sessionID) => (children.has(sessionID) ? undefined : sessionID)
  const tell = (verb, sessionID, need, asked) => {
    if (children.has(sessionID) && !need) return // what a child asks is asked here; its turns are its own
    const payload = JSON.stringify({ session_id: own(sessionID), ...asked })
    const options = need ? ["--need", need] : []
    const words = ["session", verb, ...options, "--payload", payload]
    last = last.then(() => run(words))
  }
  const status = (id, { type, attempt, message }) => {
    if (children.has(id)) return
    if (type === "busy") failed.delete(id)
    if (type === "busy" && !retrying.has(id)) tell("resume-working", id)
    if (type !== "retry" || attempt < PATIENCE || retrying.has(id)) return
    retrying.add(id) // it goes on trying, and is busy each time
    tell("needs-input", id, "error", { message })
  }
  const answered = ({ sessionID, type }) => {
    if (["text", "reasoning", "tool"].includes(type) && retrying.delete(sessionID)) tell("resume-working", sessionID)
  }
  const broke = (id, { name, data }) => {
    if (name === "MessageAbortedError" || children.has(id)) return // by a person, or its parent's to mend
    failed.add(id) // what follows, that it is idle, is no news
    tell("needs-input", id, "error", { message: data?.message })
  }
  return {
    event: async ({ event: { type, properties = {} } }) => {
      const id = properties.sessionID ?? properties.info?.id
      if (type === "session.created") {
        if (properties.info?.parentID) children.add(id)
        else tell("register", id)
      } else if (type === "session.idle") {
        retrying.delete(id)
        if (!failed.has(id)) tell("idle", id)
      } else if (type === "session.status") status(id, properties.status ?? {})
      else if (type === "message.part.updated") answered(properties.part ?? {})
      else if (type === "session.error") broke(id, properties.error ?? {})
      else if (type === "permission.asked" || type === "permission.updated") tell("needs-input", id, "permission", permission(properties))
      else if (type === "question.asked") tell("needs-input", id, "question", { tool_input: { questions: properties.questions } })
      else if (type === "permission.replied" || type === "question.replied") tell("resume-working", own(id))
    },
  }
}
