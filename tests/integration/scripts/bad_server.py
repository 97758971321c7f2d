"""A tiny server with one defect, that the attacks of ``make attack`` must find.

Run it as ``python bad_server.py DEFECT PORT``. ``none`` is the server without a defect.
"""

import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DEFECT, PORT = sys.argv[1], int(sys.argv[2])
kept: list[object] = []
busy = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = None if DEFECT == "patient" else 0.5

    def do_GET(self) -> None:
        with busy:
            self._answer(200)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", "0")))
        status = 400
        if DEFECT == "slow":
            time.sleep(1)
        elif DEFECT == "frozen":
            with busy:
                time.sleep(1)
        elif DEFECT == "large":
            content = bytearray(300_000_000)
            content[::4096] = b"x" * len(content[::4096])
            del content  # before the answer
        elif DEFECT == "failing":
            status = 500
        elif DEFECT == "credulous":
            status = 200
        elif DEFECT == "dying":
            os._exit(1)
        elif DEFECT == "leaking":
            kept.append(os.open(os.devnull, os.O_RDONLY))
        elif DEFECT == "talking":
            sys.stdout.write("x" * 1_000_000)
            sys.stdout.flush()
        self._answer(status)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    ThreadingHTTPServer.request_queue_size = 64
    ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
