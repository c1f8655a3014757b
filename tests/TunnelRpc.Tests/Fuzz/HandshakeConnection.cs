using System.Buffers;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Fuzz;

/// <summary>
/// A connection whose other side answers each record by a function. In the handshake, the connection ends when the tested side reads and
/// there is nothing more to answer: no case waits for a timeout. Thread-safe for one reader and one writer.
/// </summary>
/// <param name="opening">What the other side sends first.</param>
/// <param name="answer">Returns what the other side sends for a record that it received; null for nothing.</param>
/// <param name="seed">Determines in which pieces the bytes arrive.</param>
internal sealed class HandshakeConnection(byte[] opening, Func<RecordType, byte[], byte[]?> answer, int seed) : ITransportConnection
{
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);

    // Guarded by _gate: what was written and not parsed yet, and what the tested side has not read.
    private byte[] _written = [];
    private byte[] _unread = opening;
    private TaskCompletionSource? _waitingRead;
    private bool _isDisposed;
    private bool _isHeldOpen;

    public TransportConnectionInfo Info { get; } = new("scripted");

    /// <summary>The records that the tested side has sent.</summary>
    public List<(RecordType Type, byte[] Payload)> Received { get; } = [];

    /// <summary>The reason of the REFUSE that the tested side has sent; null for none.</summary>
    public Refusal? Refusal => Received.FirstOrDefault(r => r.Type == RecordType.Refuse) is { Payload: { } payload }
        ? TunnelRpc.Sessions.Refusal.Parse(payload)
        : null;

    /// <summary>
    /// Whether the connection stays open while there is nothing to answer: an established session writes later than it reads. Set by the
    /// function that answers.
    /// </summary>
    public bool IsHeldOpen
    {
        get
        {
            lock (_gate)
            {
                return _isHeldOpen;
            }
        }

        set
        {
            lock (_gate)
            {
                _isHeldOpen = value;
            }
        }
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                int count = Math.Min(Math.Min(_unread.Length, buffer.Length), _random.Next(3) == 0 ? 1 : _random.Next(1, 200));
                if (_isDisposed)
                {
                    throw new TransportException("scripted: the connection is closed.");
                }

                if (count > 0 || !_isHeldOpen)
                {
                    _unread.AsMemory(0, count).CopyTo(buffer);
                    _unread = _unread[count..];
                    return count;
                }

                _waitingRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                changed = _waitingRead.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _written = [.. _written, .. data.ToArray()];
            while (_written.Length >= RecordHeader.Size)
            {
                (RecordType type, int length) = RecordHeader.Read(_written);
                if (_written.Length < RecordHeader.Size + length)
                {
                    break;
                }

                byte[] payload = _written[RecordHeader.Size..(RecordHeader.Size + length)];
                _written = _written[(RecordHeader.Size + length)..];
                Received.Add((type, payload));
                _unread = [.. _unread, .. answer(type, payload) ?? []];
            }

            _waitingRead?.TrySetResult();
        }

        return default;
    }

    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _waitingRead?.TrySetResult();
        }

        return default;
    }
}
