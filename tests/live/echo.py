# echo.py NAME PORT: says its name to who connects, over IPv4 or IPv6, and then
# what it hears.
import asyncio
import resource
import sys


async def serve(reader, writer):
    try:
        writer.write(sys.argv[1].encode() + b'\n')
        while line := await reader.readline():
            writer.write(line)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, None, int(sys.argv[2]),
                                        backlog=1024)
    print('ready', flush=True)
    await server.serve_forever()


resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
asyncio.run(main())
