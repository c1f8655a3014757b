using TunnelRpc.Testing.Transports;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Negotiation;

/// <summary>An in-memory transport with a name of its own. The test is the server.</summary>
internal sealed class ScriptedTransport(string name) : ITransport, IAsyncDisposable
{
    private readonly InMemoryListener _listener = new();
    private int _connects;

    public string Name => name;

    /// <summary>The number of attempts.</summary>
    public int Connects => Volatile.Read(ref _connects);

    /// <summary>Each attempt waits for this task first. Completed by default.</summary>
    public Task ConnectGate { get; init; } = Task.CompletedTask;

    /// <summary>Called when an attempt that waits is cancelled, before the attempt ends.</summary>
    public Action OnCancelled { get; init; } = () => { };

    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _connects);
        try
        {
            await ConnectGate.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            OnCancelled();
            throw;
        }

        return await new InMemoryTransport(_listener).ConnectAsync(endpoint, cancellationToken);
    }

    public ValueTask<ITransportConnection> AcceptAsync() => _listener.AcceptAsync();

    public ValueTask DisposeAsync() => _listener.DisposeAsync();
}
