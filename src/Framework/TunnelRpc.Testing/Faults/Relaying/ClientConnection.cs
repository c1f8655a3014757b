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

    public Peer Client { get; } = new(socket, state.BytesDown, state.Gate);

    /// <summary>A request was refused for which the connection is punished by silence.</summary>
    public bool HangsFromNowOn { get; set; }

    public RelayEnd End { get; } = new(state.Stopping);

    /// <summary>Serves it; completes without an exception when it is closed.</summary>
    public async Task RunAsync()
    {
        try
        {
            await State.Gate.WaitAsync(End.Token).ConfigureAwait(false);
            FaultPersonality personality = State.Personality;
            if (personality.Level == FaultLevel.Bytes)
            {
                await RelayBytesAsync(personality).ConfigureAwait(false);
            }
            else
            {
                await new HttpConnection(this).RunAsync().ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (RelayFailure.IsOrdinary(exception))
        {
            // Closed below.
        }

        if (End.Kind == EndKind.Reset)
        {
            Client.Reset();
        }
    }

    /// <summary>What the faults of one direction of one exchange need.</summary>
    public StageContext CreateContext(int? overflowStatus = null, int? timeoutStatus = null)
    {
        int random = unchecked((((State.Seed * 397) ^ Number) * 397) ^ _directions++);
        return new StageContext(State.TimeProvider, new Random(random), State.MaxHeldBytes, overflowStatus, timeoutStatus, End);
    }

    public void Dispose()
    {
        Client.Dispose();
        End.Dispose();
    }

    private async Task RelayBytesAsync(FaultPersonality personality)
    {
        if (State.Upstream is not { } upstream)
        {
            return;
        }

        using Peer server = await State.ConnectAsync(upstream.DnsSafeHost, upstream.Port, End.Token).ConfigureAwait(false);
        await ByteRelay.RunAsync(this, server, personality, personality.Up, personality.Down).ConfigureAwait(false);
    }
}
