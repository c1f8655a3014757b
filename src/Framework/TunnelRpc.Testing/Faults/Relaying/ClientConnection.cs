using System.Net.Sockets;
using TunnelRpc.Testing.Faults.Stages;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>A client's connection, from accept to close.</summary>
internal sealed class ClientConnection(ProxyState state, Socket socket, int number) : IDisposable
{
    // The number of contexts created. Each has a random generator of its own, so that no generator is used by two threads.
    private int _directions;

    public int Number { get; } = number;

    public ProxyState State { get; } = state;

    public RelaySocket Client { get; } = new(socket, state.BytesDown, state.Pause);

    /// <summary>
    /// Whether the proxy no longer answers authorized requests on the connection, because it has refused one with
    /// <see cref="ProxyAuthentication.StopsResponding"/>.
    /// </summary>
    public bool StopsResponding { get; set; }

    public ConnectionTermination Termination { get; } = new(state.Stopping);

    /// <summary>Serves the connection; completes without an exception when it ends.</summary>
    public async Task RunAsync()
    {
        try
        {
            await State.Pause.WaitAsync(Termination.Token).ConfigureAwait(false);
            FaultProfile profile = State.Profile;
            if (profile.Level == FaultLevel.Tcp)
            {
                await RelayBytesAsync(profile).ConfigureAwait(false);
            }
            else
            {
                await new HttpConnection(this).RunAsync().ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (RelayFailure.IsExpected(exception))
        {
            // The caller disposes the connection.
        }

        if (Termination.Kind == TerminationKind.Reset)
        {
            Client.Reset();
        }
    }

    /// <summary>Creates the context for the faults of one direction of one exchange.</summary>
    public StageContext CreateContext(int? overflowStatus = null, int? timeoutStatus = null)
    {
        int seed = unchecked((((State.Seed * 397) ^ Number) * 397) ^ _directions++);
        return new StageContext(
            State.TimeProvider, new Random(seed), State.MaxBufferedBytes, overflowStatus, timeoutStatus, Termination);
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
