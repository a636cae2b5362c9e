// The pages as they are written, beside a server that runs: one address for both, as in production.
// PORT (3000), AGENTCY (http://localhost:8080), and PAGES when `next dev` already runs somewhere.
import { spawn } from "node:child_process";
import http from "node:http";
import net from "node:net";
import { pipeline } from "node:stream";

const port = Number(process.env.PORT ?? 3000);
const server = new URL(process.env.AGENTCY ?? "http://localhost:8080");
const pages = new URL(process.env.PAGES ?? `http://localhost:${port + 1}`);

if (!process.env.PAGES) {
  const next = spawn("npx", ["next", "dev", "--port", pages.port], { stdio: "inherit" });
  next.on("exit", (code) => process.exit(code ?? 0));
  process.on("SIGTERM", () => next.kill());
}

const target = (url) => (url.startsWith("/app") ? pages : server);

const front = http.createServer((request, response) => {
  const to = target(request.url);
  const { method, headers, url: path } = request;
  const onward = http.request(
    { hostname: to.hostname, port: to.port, method, path, headers },
    (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      // A server that dies in the middle of an answer is not hidden.
      pipeline(answer, response, () => undefined);
    },
  );
  onward.on("error", (error) => {
    if (!response.headersSent) response.writeHead(502);
    response.end(`${to.origin}: ${error.message}`);
  });
  response.on("close", () => onward.destroy());
  request.pipe(onward);
});

front.on("upgrade", (request, socket, head) => {
  const to = target(request.url);
  const onward = net.connect(Number(to.port), to.hostname, () => {
    const lines = [`${request.method} ${request.url} HTTP/1.1`];
    for (let at = 0; at < request.rawHeaders.length; at += 2) {
      lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`);
    }
    onward.write(`${lines.join("\r\n")}\r\n\r\n`);
    onward.write(head);
    socket.pipe(onward).pipe(socket);
  });
  onward.on("error", () => socket.destroy());
  socket.on("error", () => onward.destroy());
});

front.listen(port, "localhost", () => console.log(`http://localhost:${port}/app/`));
