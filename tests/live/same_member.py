# same_member.py FLOWS.CSV SERVER...: every flow of a simulated run went to the
# member that got its packets live, SERVER.pcap being what came in there.
import csv
import ipaddress
import struct
import sys

PROTOCOLS = {6: 'tcp', 17: 'udp'}


def packets(name):
    """The frames of a capture of tcpdump's."""
    with open(name, 'rb') as f:
        f.read(24)
        while len(head := f.read(16)) == 16:
            yield f.read(struct.unpack('=IIII', head)[2])


def flow(frame):
    """(protocol, source, its port), or None where there are no ports."""
    kind = frame[12:14]
    if kind == b'\x08\0' and not frame[20] & 31 and not frame[21]:
        ports, protocol, source = 14 + 4 * (frame[14] & 15), frame[23], frame[26:30]
    elif kind == b'\x86\xdd':
        ports, protocol, source = 54, frame[20], frame[22:38]
    else:
        return None
    if protocol not in PROTOCOLS or len(frame) < ports + 2:
        return None
    return (PROTOCOLS[protocol], str(ipaddress.ip_address(source)),
            str(int.from_bytes(frame[ports:ports + 2], 'big')))


live = {}
for server in sys.argv[2:]:
    for frame in packets(server + '.pcap'):
        if key := flow(frame):
            live.setdefault(key, set()).add(server)

simulated = {}
for row in csv.DictReader(open(sys.argv[1])):
    member = [v for k, v in row.items() if k.endswith('backend')][0]
    if member:
        key = row['protocol'], row['client'], row['client_port']
        simulated.setdefault(key, set()).add(member.split('/')[-1])

differ = [(key, members, live.get(key, set()))
          for key, members in simulated.items() if live.get(key) != members]
for key, there, here in differ[:10]:
    print(*key, 'simulated:', *sorted(there), 'live:', *sorted(here))
shares = {}
for members in simulated.values():
    for member in members:
        shares[member] = shares.get(member, 0) + 1
print(f'{len(simulated) - len(differ)} of {len(simulated)} flows went live where'
      ' they go in the simulation:',
      ', '.join(f'{n} to {member}' for member, n in sorted(shares.items())))
sys.exit(bool(differ) or not simulated)
