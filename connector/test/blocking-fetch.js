/**
 * A fetch that blocks, as UrlFetchApp's does: the request runs in a worker while this thread waits.
 */
const { isMainThread, MessageChannel, receiveMessageOnPort, Worker, workerData } = require('node:worker_threads');
const http = require('node:http');
const https = require('node:https');

let channel = null;

/**
 * @param {string} url
 * @param {{method: string, headers: Object, body: (string|undefined)}} request
 * @return {{status: number, headers: Object, body: Buffer}|{error: string}} `error` is a code such as ECONNREFUSED.
 */
function blockingFetch(url, request) {
  channel = channel || open();
  Atomics.store(channel.done, 0, 0);
  channel.port.postMessage({ url, request });
  if (Atomics.wait(channel.done, 0, 0, 60000) === 'timed-out') return { error: 'ETIMEDOUT' };
  return receiveMessageOnPort(channel.port).message;
}

function open() {
  const { port1, port2 } = new MessageChannel();
  const done = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(__filename, { workerData: { port: port2, done }, transferList: [port2] });
  worker.unref();
  return { port: port1, done };
}

function run({ url, request }, finish) {
  const client = url.startsWith('https:') ? https : http;
  const call = client.request(url, { method: request.method, headers: request.headers }, (response) => {
    const chunks = [];
    response.on('data', (chunk) => chunks.push(chunk));
    response.on('error', (error) => finish({ error: error.code }));
    response.on('end', () => {
      finish({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
    });
  });
  call.on('error', (error) => finish({ error: error.code }));
  call.end(request.body);
}

if (!isMainThread && workerData && workerData.port) {
  const { port, done } = workerData;
  port.on('message', (message) => run(message, (outcome) => {
    port.postMessage(outcome);
    Atomics.store(done, 0, 1);
    Atomics.notify(done, 0);
  }));
}

module.exports = { blockingFetch };
