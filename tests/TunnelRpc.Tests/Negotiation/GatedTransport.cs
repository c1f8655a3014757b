using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Negotiation;

/// <summary>A transport under a name of its own that refuses, opens paths, or opens paths on which the test holds what is written.</summary>
internal sealed class GatedTransport(string name, ITransport inner) : ITransport
{
    private int _connects;
    private volatile ITransportConnection? _last;

    public string Name => name;

    /// <summary>How often it was asked for a path.</summary>
    public int Connects => Volatile.Read(ref _connects);

    /// <summary>When set, there is no path.</summary>
    public volatile bool Refuses;

    /// <summary>What paths wait for that are opened from now on, when the client writes.</summary>
    public Gate Writes { get; set; } = new();

    /// <summary>What connects wait for.</summary>
    public Gate Connecting { get; } = new();

    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _connects);
        await Connecting.PassAsync(cancellationToken);
        if (Refuses)
        {
            throw new TransportException($"{name}: it refuses.") { IsPermanent = true, HttpStatus = 426 };
        }

        ITransportConnection opened = await inner.ConnectAsync(endpoint, cancellationToken);
        _last = opened;
        return new Connection(opened, name, Writes);
    }

    /// <summary>Ends the last path under those who use it.</summary>
    public ValueTask CutAsync() => _last!.DisposeAsync();

    /// <summary>Open, until it is closed.</summary>
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

        public Task PassAsync(CancellationToken cancellationToken) => (_closed?.Task ?? Task.CompletedTask).WaitAsync(cancellationToken);
    }

    private sealed class Connection(ITransportConnection inner, string name, Gate writes) : ITransportConnection
    {
        public TransportConnectionInfo Info => inner.Info with { Transport = name };

        public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => inner.ReadAsync(buffer, cancellationToken);

        public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
        {
            await writes.PassAsync(cancellationToken);
            await inner.WriteAsync(data, cancellationToken);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
