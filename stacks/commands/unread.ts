import process from "node:process";

// Who reads no more, as `head` or a terminal that was closed, is told no more: the work goes on. Otherwise each failed write is an error,
// which the engine's own handler writes, and so for ever.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
