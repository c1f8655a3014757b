using System.Buffers;
using System.Runtime.CompilerServices;
using TunnelRpc.Scheduling;

namespace TunnelRpc.Transports.Connections;

/// <summary>
/// What connections over something else share: cancellation and disposal end pending operations, disposal waits until they
/// have ended (a server re-uses an exchange's objects afterwards), and exceptions become <see cref="TransportException"/> here.
/// </summary>
/// <param name="info">What is known of the path.</param>
/// <param name="timeProvider">The clock for <see cref="FailWithReadGrace"/>; null for the system's.</param>
/// <param name="peerDisconnected">
/// Signalled once the peer is gone: writes then fail, also where what is below swallows them (Kestrel does), while reads
/// still give what came before.
/// </param>
internal abstract class TransportConnection(TransportConnectionInfo info, TimeProvider? timeProvider = null, CancellationToken peerDisconnected = default)
    : ITransportConnection, IZeroByteReadConnection
{
    private const int DisposedFlag = 1 << 30;

    // How long reads may go on after FailWithReadGrace: what the peer sent before its end may still be on its way.
    private static readonly TimeSpan ReadGracePeriod = TimeSpan.FromSeconds(1);

    // Never disposed: a caller's token may fire late and must find something to cancel. Given a clock, the first makes its timer at once, even
    // the system's: without, with FailWithReadGrace, which most connections never need.
    private readonly CancellationTokenSource _stopReading = timeProvider is null || timeProvider == TimeProvider.System ? new() : new(Timeout.InfiniteTimeSpan, timeProvider);
    private readonly CancellationTokenSource _stopWriting = new();
    private LazySignal _operationsEnded;
    private LazySignal _closed;

    // Number of running operations, plus Disposed once disposal began; changed by Interlocked only.
    private int _operations;

    // Set once, by Interlocked: why the connection was ended from outside an operation.
    private TransportException? _failure;

    public TransportConnectionInfo Info { get; } = info;

    public virtual bool SupportsZeroByteReads => false;

    /// <summary>Whether a write began and did not finish: the bytes on the way are then incomplete. Read after all operations ended.</summary>
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
                throw new TransportException($"The {Info.Transport} connection was ended by the peer or by something on the way.");
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
        int before = Interlocked.Or(ref _operations, DisposedFlag);
        if ((before & DisposedFlag) != 0)
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

    /// <summary>Reads at least one byte, 0 at the end; into an empty buffer only where <see cref="SupportsZeroByteReads"/>. The token ends it, for cancellation and for disposal.</summary>
    protected abstract ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Writes and flushes data that is not empty. The token ends it, for cancellation and for disposal.</summary>
    protected abstract ValueTask WriteCoreAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken);

    /// <summary>Frees what is below; called once, when no operation runs any more. Must not throw and must not wait for the peer.</summary>
    protected abstract ValueTask CloseAsync();

    /// <summary>
    /// Ends the connection because of something outside its operations, which then throw <paramref name="failure"/>'s words: writes
    /// at once; reads a little later, unless they find the orderly end before that. The first failure counts.
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
            // Whatever form the cancellation took below: closing a socket under an operation gives an I/O error, for instance.
            return new OperationCanceledException($"The {Info.Transport} connection's {operation} was cancelled.", exception, cancellationToken);
        }

        if (Volatile.Read(ref _failure) is { } failure)
        {
            return new TransportException(failure.Message, exception) { HttpStatus = failure.HttpStatus, IsPermanent = failure.IsPermanent };
        }

        return exception switch
        {
            TransportException known => known,
            OperationCanceledException => new TransportException($"The {Info.Transport} connection is closed on this side.", exception),
            _ => new TransportException($"The {Info.Transport} connection broke while {operation}: {exception.Message}", exception),
        };
    }
}
