// Answers under the official names, in the network namespace that it is started in: `official.ts FOLDER`. What it gives is
// in the folder: `files/HOST/PATH`; `wrong.json`, which says how an address is answered wrongly; `registries.json`, which
// says which hosts are registries and where the one is that stands for them. What it was asked is in `asked.log`.
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as path from "node:path";
import { NameServer } from "../../lab/installer/name-server";

const [folder, address] = process.argv.slice(2) as [string, string];
const read = (name: string) => fs.readFileSync(path.join(folder, name));
const note = (line: string) => fs.appendFileSync(path.join(folder, "asked.log"), `${line}\n`);
const { hosts: registries, port } = JSON.parse(read("registries.json").toString()) as {
  hosts: string[];
  port?: number;
};

function answer(request: http.IncomingMessage, response: http.ServerResponse): void {
  const host = request.headers.host!;
  const url = `https://${host}${request.url!}`;
  note(`${request.method!} ${url}`);
  const wrong = (JSON.parse(read("wrong.json").toString()) as Record<string, string>)[url];
  if (wrong === "404") return void response.writeHead(404).end("404: not found\n");
  if (wrong === "html") return void response.end("<!DOCTYPE html><html><body>Please log in.</body></html>\n");
  if (wrong === "other") return void response.end("something else\n");
  if (registries.includes(host)) return forward(request, response);
  const file = path.join(folder, "files", host, request.url!.split("?")[0]!);
  if (!fs.existsSync(file)) return void response.writeHead(404).end();
  const { size } = fs.statSync(file);
  response.writeHead(200, { "content-length": size });
  if (wrong !== "half") return void fs.createReadStream(file).pipe(response);
  const half = fs.createReadStream(file, { end: Math.floor(size / 2) });
  half.pipe(response, { end: false });
  half.on("end", () => response.destroy());
}

/** To the registry that stands for all of them; where there is none they only say that they are one. */
function forward(request: http.IncomingMessage, response: http.ServerResponse): void {
  if (port === undefined) return void response.writeHead(401).end();
  const { method, headers, url } = request;
  const onward = http.request({ host: "127.0.0.1", port, method, path: url, headers }, (answered) => {
    response.writeHead(answered.statusCode!, answered.headers);
    answered.pipe(response);
  });
  onward.on("error", () => response.writeHead(503).end());
  request.pipe(onward);
}

const names = new NameServer();
for (const name of JSON.parse(read("names.json").toString()) as string[]) names.records.set(name, address);
names.onQuestion = (name) => {
  if (!names.records.has(name)) note(`NAME ${name}`);
};

https.createServer({ key: read("key.pem"), cert: read("certificate.pem") }, answer).listen(443, address, () => {
  void names.start(address, 53).then(() => process.stdout.write("ready\n"));
});
