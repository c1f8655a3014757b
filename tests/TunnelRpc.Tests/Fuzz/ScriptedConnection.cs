using System.Buffers;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Fuzz;

/// <summary>
/// A connection that returns the given pieces after <see cref="Begin"/>, and then ends. It records writes, to find CLOSE in them.
/// </summary>
internal sealed class ScriptedConnection(IReadOnlyList<byte[]> pieces) : ITransportConnection
{
    private readonly Lock _gate = new();
    private readonly List<byte> _written = [];
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _next;
    private int _offset;

    public TransportConnectionInfo Info { get; } = new("scripted");

    /// <summary>The CLOSE that was written; null if none was.</summary>
    public CloseMessage? Close
    {
        get
        {
            lock (_gate)
            {
                ReadOnlySpan<byte> rest = _written.ToArray();
                while (rest.Length >= RecordHeader.Size)
                {
                    (RecordType type, int length) = RecordHeader.Read(rest);
                    if (type == RecordType.Close)
                    {
                        return CloseMessage.Parse(rest.Slice(RecordHeader.Size, length));
                    }

                    rest = rest[(RecordHeader.Size + length)..];
                }

                return null;
            }
        }
    }

    /// <summary>Releases the reads.</summary>
    public void Begin() => _begun.TrySetResult();

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await _begun.Task.WaitAsync(cancellationToken);
        if (_next == pieces.Count)
        {
            return 0;
        }

        ReadOnlyMemory<byte> piece = pieces[_next].AsMemory(_offset);
        int count = Math.Min(piece.Length, buffer.Length);
        piece[..count].CopyTo(buffer);
        _offset += count;
        if (_offset == pieces[_next].Length)
        {
            _next++;
            _offset = 0;
        }

        return count;
    }

    public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _written.AddRange(data.ToArray());
        }

        return default;
    }

    public ValueTask DisposeAsync() => default;
}
