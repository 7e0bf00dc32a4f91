import type { RequestListener } from "node:http";
import type { Socket } from "node:net";

/**
 * Has `listener` answer the requests of one connection one after the other. Node hands over at once all that a client sends without waiting, and when the connection
 * ends it tells only the response that is being sent: the files of all others would stay open for ever.
 */
export function inTurn(listener: RequestListener): RequestListener {
  const newest = new WeakMap<Socket, Promise<void>>();
  return (request, response) => {
    const { socket } = request;
    const earlier = newest.get(socket);
    newest.set(
      socket,
      new Promise((resolve) => {
        response.once("close", resolve);
      }),
    );
    // A response has no socket while another one is being sent down it.
    if (earlier === undefined || response.socket !== null) {
      listener(request, response);
      return;
    }
    void afterwards();
    async function afterwards(): Promise<void> {
      await earlier;
      if (!socket.destroyed) listener(request, response);
    }
  };
}
