# talk.py PORT COUNT OPEN UNTIL ADDRESS...: so many connections to echo.py behind
# each address; when they are open, the file OPEN is made. They ask, a question
# at a time, until there is the file UNTIL, and new connections come and go all
# the while. What broke?
import asyncio
import collections
import os
import resource
import sys

port, count, made, until = int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:5]
addresses = sys.argv[5:]
held, asked, new = (collections.Counter() for i in range(3))
broke, failed = [], []
PATIENCE = 60  # a flood loses retransmissions, too: the next comes after 32 s


async def begin(address):
    reader, writer = await asyncio.wait_for(
        asyncio.open_connection(address, port), PATIENCE)
    name = await asyncio.wait_for(reader.readline(), PATIENCE)
    assert name, 'hung up'
    return name.decode().strip(), reader, writer


async def ask(name, reader, writer):
    question = f'{asked[name]} {id(reader)}\n'.encode()
    writer.write(question)
    answer = await asyncio.wait_for(reader.readline(), PATIENCE)
    assert answer == question, 'another answer'
    asked[name] += 1


async def hold(address):
    c = await begin(address)
    held[c[0]] += 1
    while held.total() < count * len(addresses):
        await asyncio.sleep(0.05)
    open(made, 'w').close()
    try:
        while not os.path.exists(until):
            await ask(*c)
            await asyncio.sleep(max(0.02, count / 1000))
        await ask(*c)
    except (OSError, AssertionError, asyncio.TimeoutError) as e:
        broke.append(f'{c[0]}: {e!r}')
    c[2].close()


async def come_and_go(address):
    while not os.path.exists(made):
        await asyncio.sleep(0.05)
    while not os.path.exists(until):
        try:
            c = await begin(address)
            await ask(*c)
            c[2].close()
            new[c[0]] += 1
        except (OSError, AssertionError, asyncio.TimeoutError) as e:
            failed.append(repr(e))
        await asyncio.sleep(0.02)


async def main():
    tasks = []
    for address in addresses:
        tasks.append(asyncio.create_task(come_and_go(address)))
        for i in range(count):
            tasks.append(asyncio.create_task(hold(address)))
            if i % 50 == 49:
                await asyncio.sleep(0.1)
    await asyncio.gather(*tasks)


resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
asyncio.run(main())
print('; '.join(f'{held[name]} connections to {name} got {asked[name]} answers'
                for name in sorted(held)) + f'; {len(broke)} broke', *broke[:3])
print('; '.join(f'{new[name]} new ones to {name}' for name in sorted(new))
      + f'; {len(failed)} failed', *failed[:3])
sys.exit(bool(broke or failed or not new))
