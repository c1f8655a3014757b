using System.Diagnostics;
using TunnelRpc.Accounting;

namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0065-items-are-produced-when-they-may-be-sent.md
/// <summary>
/// Large values that the application keeps because other messages precede theirs. If the peer reads, all of them pass, so they are memory
/// of the application. They are accounted when the peer does not. Thread-safe.
/// </summary>
/// <param name="memory">The account of the session.</param>
[DebuggerDisplay("{_bytes} bytes, {_accountedBytes} accounted")]
internal sealed class KeptValues(MemoryAccount memory) : IDisposable
{
    /// <summary>
    /// The values are accounted after as many seconds in which the peer has read less than <see cref="MinReadPart"/> of them.
    /// </summary>
    public const int StalledSeconds = 5;

    private const int MinReadPart = 1024;

    private readonly Lock _gate = new();

    // Changed atomically.
    private long _bytes;

    // Guarded by _gate: the seconds without progress, and what is accounted.
    private int _stalledSeconds;
    private long _accountedBytes;
    private bool _isDisposed;

    /// <summary>The application keeps a value. The caller disposes the result when the wait ends.</summary>
    /// <param name="bytes">The encoded size of the value.</param>
    public KeptValue Keep(int bytes) => new(this, bytes);

    /// <summary>Accounts the values if the peer does not read. Called every second while calls wait.</summary>
    /// <param name="readBytes">
    /// What was sent to the peer, or consumed there, since the last call. If the peer does not read, the send buffer is full, and nothing
    /// is sent.
    /// </param>
    public void OnTick(long readBytes)
    {
        long kept = Volatile.Read(ref _bytes);
        long change;
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _stalledSeconds = kept > 0 && readBytes < kept / MinReadPart ? _stalledSeconds + 1 : 0;
            long accounted = _stalledSeconds >= StalledSeconds ? kept : 0;
            change = accounted - _accountedBytes;
            _accountedBytes = accounted;
        }

        if (change != 0)
        {
            memory.Add(change);
        }
    }

    /// <summary>The session has ended. Idempotent.</summary>
    public void Dispose()
    {
        long accounted;
        lock (_gate)
        {
            accounted = _accountedBytes;
            _accountedBytes = 0;
            _isDisposed = true;
        }

        if (accounted != 0)
        {
            memory.Add(-accounted);
        }
    }

    /// <summary>A value that the application keeps.</summary>
    internal readonly struct KeptValue : IDisposable
    {
        private readonly KeptValues _values;
        private readonly int _bytes;

        public KeptValue(KeptValues values, int bytes)
        {
            _values = values;
            _bytes = bytes;
            Interlocked.Add(ref values._bytes, bytes);
        }

        /// <summary>The wait has ended. Once.</summary>
        public void Dispose() => Interlocked.Add(ref _values._bytes, -_bytes);
    }
}
