using System.Net.Sockets;
using TunnelRpc.Testing.Faults.Stages;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>One connection of a client, from its arrival to its end.</summary>
internal sealed class ClientConnection(ProxyState state, Socket socket, int number) : IDisposable
{
    // Directions that were given a generator; each gets its own, so that threads do not meet in one.
    private int _directions;

    public int Number { get; } = number;

    public ProxyState State { get; } = state;

    public RelaySocket Client { get; } = new(socket, state.BytesDown, state.Pause);

    /// <summary>A request was refused for which the connection is punished by silence.</summary>
    public bool StopsResponding { get; set; }

    public ConnectionTermination Termination { get; } = new(state.Stopping);

    /// <summary>Serves it; completes without an exception when it is closed.</summary>
    public async Task RunAsync()
    {
        try
        {
            await State.Pause.WaitAsync(Termination.Token).ConfigureAwait(false);
            FaultProfile personality = State.Profile;
            if (personality.Level == FaultLevel.Tcp)
            {
                await RelayBytesAsync(personality).ConfigureAwait(false);
            }
            else
            {
                await new HttpConnection(this).RunAsync().ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (RelayFailure.IsExpected(exception))
        {
            // Closed below.
        }

        if (Termination.Kind == TerminationKind.Reset)
        {
            Client.Reset();
        }
    }

    /// <summary>What the faults of one direction of one exchange need.</summary>
    public StageContext CreateContext(int? overflowStatus = null, int? timeoutStatus = null)
    {
        int random = unchecked((((State.Seed * 397) ^ Number) * 397) ^ _directions++);
        return new StageContext(State.TimeProvider, new Random(random), State.MaxBufferedBytes, overflowStatus, timeoutStatus, Termination);
    }

    public void Dispose()
    {
        Client.Dispose();
        Termination.Dispose();
    }

    private async Task RelayBytesAsync(FaultProfile profile)
    {
        if (State.Upstream is not { } upstream)
        {
            return;
        }

        using RelaySocket server = await State.ConnectAsync(upstream.DnsSafeHost, upstream.Port, Termination.Token).ConfigureAwait(false);
        await ByteRelay.RunAsync(this, server, profile, profile.Up, profile.Down).ConfigureAwait(false);
    }
}
