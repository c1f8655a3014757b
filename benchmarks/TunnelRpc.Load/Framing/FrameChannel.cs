using System.Buffers.Binary;
using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Framing;

/// <summary>
/// Sends and receives frames: length (u32, of the body), id (u24) and kind (u8), body. <see cref="Send"/> is thread-safe and does not wait
/// for capacity.
/// </summary>
internal abstract class FrameChannel : IAsyncDisposable
{
    /// <summary>The maximum size of the body of a frame, in bytes.</summary>
    public const int MaxFrameSize = 64;

    protected const int HeadSize = 8;
    private const int IdBits = 24;

    /// <summary>Receives the frames. It is set before the first byte is read.</summary>
    public IFrameHandler Handler { get; set; } = null!;

    /// <summary>Whether the sender of a stream must wait for capacity. The value may be stale.</summary>
    public abstract bool IsFull { get; }

    /// <summary>Reads until the peer disconnects.</summary>
    public abstract Task ReadAsync();

    /// <summary>Completes when the sender of a stream may continue.</summary>
    public abstract ValueTask WaitForCapacityAsync();

    /// <summary>Sends a frame.</summary>
    /// <param name="kind">The kind of the frame.</param>
    /// <param name="id">The id of the call; 0 for a frame of a stream.</param>
    /// <param name="sample">The body.</param>
    /// <param name="alone">
    /// Whether no other call is in flight. The caller's thread then writes inline, which has the lowest latency.
    /// </param>
    public abstract void Send(FrameKind kind, uint id, Sample sample, bool alone);

    public abstract ValueTask DisposeAsync();

    protected static int Encode(Span<byte> destination, FrameKind kind, uint id, Sample sample)
    {
        int body = SampleCodec.Encode(destination[HeadSize..], sample);
        BinaryPrimitives.WriteInt32LittleEndian(destination, body);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], ((uint)kind << IdBits) | id);
        return HeadSize + body;
    }

    /// <summary>Passes the complete frames to the handler and returns the number of their bytes.</summary>
    protected int Parse(ReadOnlySpan<byte> data)
    {
        int used = 0;
        while (data.Length - used >= HeadSize)
        {
            int body = BinaryPrimitives.ReadInt32LittleEndian(data[used..]);
            if ((uint)body > MaxFrameSize)
            {
                throw new InvalidDataException($"Expected a frame of at most {MaxFrameSize} bytes, got one of {(uint)body} bytes.");
            }

            if (data.Length - used < HeadSize + body)
            {
                break;
            }

            uint tag = BinaryPrimitives.ReadUInt32LittleEndian(data[(used + 4)..]);
            Handler.OnFrame((FrameKind)(tag >> IdBits), tag & ((1u << IdBits) - 1), data.Slice(used + HeadSize, body));
            used += HeadSize + body;
        }

        return used;
    }
}
