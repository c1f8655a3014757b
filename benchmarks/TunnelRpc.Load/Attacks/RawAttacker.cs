using System.Buffers;
using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Upgrade;

namespace TunnelRpc.Load.Attacks;

/// <summary>A path on which an attacker writes records and frames that no client writes. It reads only the handshake.</summary>
internal sealed class RawAttacker : IAsyncDisposable
{
    private readonly ITransportConnection _connection;

    private RawAttacker(ITransportConnection connection) => _connection = connection;

    /// <summary>Opens a path, and sends nothing.</summary>
    public static async Task<RawAttacker> OpenPathAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken) =>
        new(await new UpgradeTransport().ConnectAsync(endpoint, cancellationToken));

    /// <summary>Sends records. Fails when the server has closed the connection.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> records, CancellationToken cancellationToken) =>
        await _connection.WriteAsync(new ReadOnlySequence<byte>(records), cancellationToken);

    /// <summary>A record.</summary>
    public static byte[] Record(RecordType type, ReadOnlySpan<byte> payload)
    {
        byte[] record = new byte[RecordHeader.Size + payload.Length];
        RecordHeader.Write(record, type, payload.Length);
        payload.CopyTo(record.AsSpan(RecordHeader.Size));
        return record;
    }

    /// <summary>A frame.</summary>
    public static byte[] CreateFrame(FrameType type, FrameFlags flags, ulong stream, ReadOnlySpan<byte> body)
    {
        byte[] frame = new byte[Frame.MaxHeaderSize + body.Length];
        int size = Frame.WriteHeader(frame, type, flags, stream, body.Length);
        body.CopyTo(frame.AsSpan(size));
        return frame[..(size + body.Length)];
    }

    /// <summary>Completes the handshake of a new session.</summary>
    public async Task HandshakeAsync(CancellationToken cancellationToken)
    {
        byte[] hello = new Hello(
            SessionHandshake.Version,
            SessionHandshake.Version,
            SessionFeatures.Resume,
            Guid.NewGuid(),
            PeerLimits.From(new TunnelServerOptions().Limits),
            null).ToPayload();
        await SendAsync(Record(RecordType.Hello, hello), cancellationToken);
        Welcome welcome = Welcome.Parse(await ReadAsync(RecordType.Welcome, cancellationToken));
        await SendAsync(Record(RecordType.Confirm, welcome.ServerNonce.ToByteArray(bigEndian: true)), cancellationToken);
        await ReadAsync(RecordType.Ready, cancellationToken);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task<byte[]> ReadAsync(RecordType expected, CancellationToken cancellationToken)
    {
        byte[] header = await ReadExactlyAsync(RecordHeader.Size, cancellationToken);
        (RecordType type, int length) = RecordHeader.Read(header);
        byte[] payload = await ReadExactlyAsync(length, cancellationToken);
        return type == expected ? payload : throw new InvalidOperationException($"Expected {expected}, got {type}.");
    }

    private async Task<byte[]> ReadExactlyAsync(int count, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[count];
        for (int read = 0; read < count;)
        {
            int length = await _connection.ReadAsync(bytes.AsMemory(read), cancellationToken);
            read += length > 0 ? length : throw new InvalidOperationException("The server has closed the connection.");
        }

        return bytes;
    }
}
