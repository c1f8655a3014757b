using TunnelRpc.Client;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Servers;
using TunnelRpc.Load.Targets;
using TunnelRpc.Transports;

namespace TunnelRpc.Load.Attacks;

/// <summary>One user at one address who attacks a server. A relay counts what it sends.</summary>
internal sealed class Attacker(int serverPort, CancellationToken cancellationToken) : IAsyncDisposable
{
    private const string User = "mallory";
    private const string Address = "192.0.2.66";

    private readonly List<IAsyncDisposable> _owned = [];

    /// <summary>The headers that state the user and the address.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Headers =>
        [new(VictimServer.UserHeader, User), new(VictimServer.AddressHeader, Address)];

    /// <summary>What all connections of the attacker pass.</summary>
    public StallingRelay Relay { get; } = new(serverPort);

    /// <summary>Cancelled when the attack ends.</summary>
    public CancellationToken CancellationToken => cancellationToken;

    public TunnelEndpoint Endpoint => new(TunnelTarget.AddressOf(Relay.Port)) { Headers = [.. Headers] };

    /// <summary>Connects a client of the attacker.</summary>
    public async Task<IVictimService> ConnectAsync(TunnelCompression compression = TunnelCompression.None)
    {
        TunnelClient client = await VictimClient.ConnectAsync(Relay.Port, User, Address, compression);
        _owned.Add(client);
        return client.Get<IVictimService>();
    }

    /// <summary>Opens a path. It is closed at the end.</summary>
    public async Task<RawAttacker> OpenPathAsync()
    {
        RawAttacker path = await RawAttacker.OpenPathAsync(Endpoint, cancellationToken);
        lock (_owned)
        {
            _owned.Add(path);
        }

        return path;
    }

    /// <summary>Repeats a step until the attack ends. Failures are what the server does against it.</summary>
    public async Task RepeatAsync(int parallel, Func<Task> step)
    {
        await Task.WhenAll(Enumerable.Range(0, parallel).Select(_ => Task.Run(async () =>
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                try
                {
                    await step();
                }
                catch (Exception) when (!cancellationToken.IsCancellationRequested)
                {
                    await Task.Delay(10, CancellationToken.None);
                }
                catch (Exception)
                {
                    return;
                }
            }
        })));
    }

    public async ValueTask DisposeAsync()
    {
        Relay.Dispose();
        foreach (IAsyncDisposable owned in _owned)
        {
            await owned.DisposeAsync();
        }
    }
}
