using TunnelRpc.Transports;

namespace TunnelRpc.Calls.Tests.Retrying;

/// <summary>A transport whose connection attempts wait while the test has closed the gate.</summary>
internal sealed class GatedDial(ITransport inner) : ITransport
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource? _closed;

    /// <summary>Completes when a connection attempt waits.</summary>
    public Task Reached => _reached.Task;

    public string Name => inner.Name;

    public void Close() => _closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open() => _closed?.TrySetResult();

    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        if (_closed is { } closed)
        {
            _reached.TrySetResult();
            await closed.Task.WaitAsync(cancellationToken);
        }

        return await inner.ConnectAsync(endpoint, cancellationToken);
    }
}
