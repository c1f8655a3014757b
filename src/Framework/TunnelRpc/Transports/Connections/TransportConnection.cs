using System.Buffers;
using System.Runtime.CompilerServices;
using TunnelRpc.Scheduling;

namespace TunnelRpc.Transports.Connections;

/// <summary>
/// Base class of connections over a stream, an exchange or legs. Cancellation and disposal end pending operations. Disposal waits until
/// they have ended, because a server reuses the objects of an exchange afterwards. Exceptions are translated to
/// <see cref="TransportException"/>.
/// </summary>
/// <param name="info">The facts about the connection.</param>
/// <param name="timeProvider">The clock for <see cref="FailWithReadGrace"/>; null for the system clock.</param>
/// <param name="peerDisconnected">
/// Signalled when the peer has disconnected. Writes then fail, also when the layer below ignores them silently (Kestrel does). Reads
/// still return the bytes that arrived before.
/// </param>
internal abstract class TransportConnection(
    TransportConnectionInfo info, TimeProvider? timeProvider = null, CancellationToken peerDisconnected = default)
    : ITransportConnection, IZeroByteReadConnection
{
    private const int DisposedFlag = 1 << 30;

    // The time for which reads may continue after FailWithReadGrace: bytes that the peer sent before may still arrive.
    private static readonly TimeSpan ReadGracePeriod = TimeSpan.FromSeconds(1);

    // Both sources are never disposed, because a caller's token may fire late and cancels them. A source with a TimeProvider creates its
    // timer in the constructor. With the system clock it is created without one, so that only FailWithReadGrace creates a timer: most
    // connections never need it.
    private readonly CancellationTokenSource _stopReading =
        timeProvider is null || timeProvider == TimeProvider.System ? new() : new(Timeout.InfiniteTimeSpan, timeProvider);
    private readonly CancellationTokenSource _stopWriting = new();
    private LazySignal _operationsEnded;
    private LazySignal _closed;

    // The number of running operations, plus DisposedFlag when disposal has started. Changed with Interlocked only.
    private int _operations;

    // The reason why the connection was ended outside of an operation. Set once, with Interlocked.
    private TransportException? _failure;

    public TransportConnectionInfo Info { get; } = info;

    public virtual bool SupportsZeroByteReads => false;

    /// <summary>
    /// Whether a write started and did not complete, so that the peer may have received part of its bytes. Read it after all operations
    /// have ended.
    /// </summary>
    protected bool HasInterruptedWrite { get; private set; }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        BeginOperation();
        CancellationTokenRegistration registration = default;
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            registration = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _stopReading);
            return await ReadCoreAsync(buffer, _stopReading.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            throw Translate(exception, "reading", cancellationToken);
        }
        finally
        {
            registration.Unregister();
            EndOperation();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        BeginOperation();
        CancellationTokenRegistration registration = default;
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            registration = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _stopWriting);
            if (!data.IsEmpty)
            {
                await WriteCoreAsync(data, _stopWriting.Token).ConfigureAwait(false);
            }

            if (peerDisconnected.IsCancellationRequested)
            {
                throw new TransportException($"The {Info.Transport} connection was ended by the peer or by an intermediary.");
            }
        }
        catch (Exception exception)
        {
            HasInterruptedWrite = true;
            throw Translate(exception, "writing", cancellationToken);
        }
        finally
        {
            registration.Unregister();
            EndOperation();
        }
    }

    public async ValueTask DisposeAsync()
    {
        int previous = Interlocked.Or(ref _operations, DisposedFlag);
        if ((previous & DisposedFlag) != 0)
        {
            await _closed.Task.ConfigureAwait(false);
            return;
        }

        try
        {
            await _stopReading.CancelAsync().ConfigureAwait(false);
            await _stopWriting.CancelAsync().ConfigureAwait(false);
            if (Volatile.Read(ref _operations) != DisposedFlag)
            {
                await _operationsEnded.Task.ConfigureAwait(false);
            }

            await CloseAsync().ConfigureAwait(false);
        }
        finally
        {
            _closed.Set();
        }
    }

    /// <summary>
    /// Reads at least one byte; returns 0 at the end. The buffer is empty only if <see cref="SupportsZeroByteReads"/>. The token is
    /// signalled on cancellation and on disposal.
    /// </summary>
    protected abstract ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Writes and flushes data that is not empty. The token is signalled on cancellation and on disposal.</summary>
    protected abstract ValueTask WriteCoreAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken);

    /// <summary>
    /// Releases the layer below. Called once, after all operations have ended. Must not throw and must not wait for the peer without a
    /// bound.
    /// </summary>
    protected abstract ValueTask CloseAsync();

    /// <summary>
    /// Ends the connection for a reason outside of its operations. Writes fail with the message of <paramref name="failure"/> at once;
    /// reads fail after a grace period of 1 s, unless they reach the orderly end before. The first failure is kept.
    /// </summary>
    protected void FailWithReadGrace(TransportException failure)
    {
        if (Interlocked.CompareExchange(ref _failure, failure, null) is null)
        {
            _stopReading.CancelAfter(ReadGracePeriod);
            _stopWriting.Cancel();
        }
    }

    private void BeginOperation()
    {
        if ((Interlocked.Increment(ref _operations) & DisposedFlag) != 0)
        {
            EndOperation();
            throw new TransportException($"The {Info.Transport} connection is closed on this side.");
        }
    }

    private void EndOperation()
    {
        if (Interlocked.Decrement(ref _operations) == DisposedFlag)
        {
            _operationsEnded.Set();
        }
    }

    private Exception Translate(Exception exception, string operation, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            // The layer below reports cancellation in several forms: for instance, a socket that is closed during an operation reports an
            // I/O error.
            return new OperationCanceledException(
                $"The {Info.Transport} connection was cancelled while {operation}.", exception, cancellationToken);
        }

        if (Volatile.Read(ref _failure) is { } failure)
        {
            return new TransportException(failure.Message, exception)
            {
                HttpStatus = failure.HttpStatus,
                IsPermanent = failure.IsPermanent,
            };
        }

        return exception switch
        {
            TransportException known => known,
            OperationCanceledException => new TransportException($"The {Info.Transport} connection is closed on this side.", exception),
            _ => new TransportException($"The {Info.Transport} connection broke while {operation}: {exception.Message}", exception),
        };
    }
}
