// Asks Node's own HTTPS client, and its server about clients. Reads and prints what
// visit.py does.
import fs from "node:fs";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";

const request = JSON.parse(fs.readFileSync(0, "utf8"));
const ca = fs.readFileSync(request.roots);

// Every host is on this machine.
const agent = new https.Agent({ maxCachedSessions: 0 });
agent.createConnection = (options) =>
  tls.connect({ ...options, socket: net.connect(options.port, "127.0.0.1") });

function visit([host, port]) {
  const url = `https://${host.includes(":") ? `[${host}]` : host}:${port}/`;

  return new Promise((resolve) => {
    https
      .get(url, { ca, agent }, (response) => {
        response.resume();
        response.on("end", () => resolve(""));
      })
      .on("error", (error) => resolve(String(error)));
  });
}

function meet([chainfile, keyfile]) {
  const cert = fs.readFileSync(chainfile);
  const key = fs.readFileSync(keyfile);

  return new Promise((resolve) => {
    const server = tls.createServer(
      { cert, key, ca, requestCert: true, rejectUnauthorized: false },
      (socket) => {
        resolve(socket.authorized ? "" : String(socket.authorizationError));
        socket.destroy();
        server.close();
      },
    );
    server.listen(0, "127.0.0.1", () => {
      // Only what the server thinks of the client is asked here.
      const port = server.address().port;
      tls
        .connect({ port, host: "127.0.0.1", cert, key, rejectUnauthorized: false })
        .on("error", () => {});
    });
  });
}

const answers = [];
for (const each of request.checks) answers.push(await visit(each));
for (const each of request.clients) answers.push(await meet(each));
console.log(JSON.stringify(answers));
