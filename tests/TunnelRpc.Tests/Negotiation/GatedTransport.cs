using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Negotiation;

/// <summary>
/// A transport with a name of its own. The test can make it refuse, delay its attempts, or block the writes on its connections.
/// Thread-safe.
/// </summary>
internal sealed class GatedTransport(string name, ITransport inner) : ITransport
{
    private int _connects;
    private volatile ITransportConnection? _last;

    public string Name => name;

    /// <summary>The number of attempts.</summary>
    public int Connects => Volatile.Read(ref _connects);

    /// <summary>Whether attempts fail permanently.</summary>
    public volatile bool Refuses;

    /// <summary>The server instance that connections name from now on; null for none.</summary>
    public Guid? ServerInstance { get; set; }

    /// <summary>The gate that each write waits for, on connections that are opened from now on.</summary>
    public Gate Writes { get; set; } = new();

    /// <summary>The gate that each attempt waits for.</summary>
    public Gate Connecting { get; } = new();

    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _connects);
        await Connecting.PassAsync(cancellationToken);
        if (Refuses)
        {
            throw new TransportException($"{name}: refused.") { IsPermanent = true, HttpStatus = 426 };
        }

        ITransportConnection opened = await inner.ConnectAsync(endpoint, cancellationToken);
        _last = opened;
        return new Connection(opened, name, ServerInstance, Writes);
    }

    /// <summary>Closes the latest connection while the session uses it.</summary>
    public ValueTask CutAsync() => _last!.DisposeAsync();

    /// <summary>A gate that is open until it is closed.</summary>
    internal sealed class Gate
    {
        private volatile TaskCompletionSource? _closed;

        public void Close() => _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Open()
        {
            TaskCompletionSource? closed = _closed;
            _closed = null;
            closed?.TrySetResult();
        }

        public Task PassAsync(CancellationToken cancellationToken) =>
            (_closed?.Task ?? Task.CompletedTask).WaitAsync(cancellationToken);
    }

    private sealed class Connection(ITransportConnection inner, string name, Guid? serverInstance, Gate writes) : ITransportConnection
    {
        public TransportConnectionInfo Info => inner.Info with { Transport = name, ServerInstance = serverInstance };

        public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
            inner.ReadAsync(buffer, cancellationToken);

        public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
        {
            await writes.PassAsync(cancellationToken);
            await inner.WriteAsync(data, cancellationToken);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
