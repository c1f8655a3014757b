using TunnelRpc.Testing.Transports;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Negotiation;

/// <summary>A transport in memory under a name of its own, whose server side is the test.</summary>
internal sealed class ScriptedTransport(string name) : ITransport, IAsyncDisposable
{
    private readonly InMemoryListener _listener = new();
    private int _connects;

    public string Name => name;

    /// <summary>How often it was asked for a path.</summary>
    public int Connects => Volatile.Read(ref _connects);

    /// <summary>When set, connects wait for it first.</summary>
    public Task ConnectGate { get; init; } = Task.CompletedTask;

    /// <summary>Runs when a connect that waits was cancelled, before it ends.</summary>
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
