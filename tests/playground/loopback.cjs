// The Playground listens on every interface of the machine, without a login: here it listens on loopback alone.
const { Server } = require('node:net');
const listen = Server.prototype.listen;
Server.prototype.listen = function onLoopback(port, ...rest) {
  return listen.call(this, { port: Number(port?.port ?? port), host: '127.0.0.1' }, ...rest.filter((one) => typeof one === 'function'));
};
