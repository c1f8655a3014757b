using TunnelRpc.Interop.MessagePack;

if (args is not [string vectors, string scripts, string python])
{
    Console.Error.WriteLine("Usage: TunnelRpc.Interop.MessagePack VECTORS.json DIRECTORY-OF-PEER-SCRIPTS PYTHON; see the script 'run'.");
    return 2;
}

// One fixed seed for each direction, so that a failure can be reproduced.
const int OurSeed = 20_251;
const int TheirSeed = 20_252;
const int Count = 10_000;

Tally tally = new();
TestSuite.Check(vectors, tally);

PeerExchange[] exchanges =
[
    new(
        "@msgpack/msgpack",
        ["node", Path.Combine(scripts, "peer.cjs")],
        new ValueProfile { OtherMapKeys = false, NegativeExtensions = true, SafeSeconds = true },
        NumberRule.ByValue),
    new(
        "python3-msgpack",
        [python, Path.Combine(scripts, "peer.py")],
        new ValueProfile { OtherMapKeys = true, NegativeExtensions = false, SafeSeconds = false },
        NumberRule.IntegersApart),
];

foreach (PeerExchange exchange in exchanges)
{
    await exchange.PeerRepeatsOursAsync(OurSeed, Count, tally);
    await exchange.RepeatThoseOfPeerAsync(TheirSeed, Count, tally);
}

tally.Close();
return tally.Failed == 0 ? 0 : 1;
