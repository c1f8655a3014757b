using System.Buffers;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using TunnelRpc.Transports.Connections;

namespace TunnelRpc.Transports.WebSockets;

/// <summary>
/// A connection over the payload of binary WebSocket messages. Message boundaries have no meaning. Messages are at most 64 KiB, because
/// some intermediaries forward complete messages only.
/// </summary>
/// <param name="socket">The socket. Owned by the connection.</param>
/// <param name="info">The facts about the connection.</param>
/// <param name="close">Releases the layer below. The argument is true if a write was interrupted. Must not throw.</param>
/// <param name="timeProvider">The clock for the close timeout; null for the system clock.</param>
/// <param name="supportsZeroByteReads">
/// Whether a read of the socket into an empty buffer waits until a message arrives: sockets of the platform do, others may not.
/// </param>
/// <param name="peerDisconnected">Signalled when the peer has disconnected, for streams that do not fail writes then.</param>
internal sealed class WebSocketConnection(
    WebSocket socket,
    TransportConnectionInfo info,
    Action<bool> close,
    TimeProvider? timeProvider = null,
    bool supportsZeroByteReads = false,
    CancellationToken peerDisconnected = default)
    : TransportConnection(info, peerDisconnected: peerDisconnected)
{
    private const int MaxMessageBytes = SequenceStreamWriter.MaxCoalescedBytes;

    // The maximum time to send the close frame. Its 4 bytes wait only if the peer does not read.
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    /// <summary>The most empty messages in a row. No implementation sends any; an intermediary might.</summary>
    private const int MaxEmptyMessages = 1_000;

    // Used by the reader only: the empty messages since the last other one.
    private int _emptyMessages;

    // Used by the reader only: the close frame was received. A read into an empty buffer receives it before the read that reports the end.
    private bool _isClosedByPeer;

    public override bool SupportsZeroByteReads => supportsZeroByteReads;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!_isClosedByPeer)
        {
            ValueWebSocketReceiveResult result = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            switch (result.MessageType)
            {
                case WebSocketMessageType.Close:
                    _isClosedByPeer = true;
                    break;
                case WebSocketMessageType.Text:
                    throw new TransportException(
                        "websocket: expected a binary message, got a text message: the peer or an intermediary does not speak TunnelRpc.");
                case WebSocketMessageType.Binary when result.Count > 0 || buffer.IsEmpty:
                    _emptyMessages = result.Count > 0 ? 0 : _emptyMessages;
                    return result.Count;
                case WebSocketMessageType.Binary when ++_emptyMessages > MaxEmptyMessages:
                    throw new TransportException(
                        $"websocket: expected messages with data, got more than {MaxEmptyMessages} empty ones in a row.");
            }
        }

        return 0;
    }

    protected override ValueTask WriteCoreAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
        => data.IsSingleSegment && data.Length <= MaxMessageBytes
            ? socket.SendAsync(data.First, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken)
            : SendMessagesAsync(data, cancellationToken);

    protected override async ValueTask CloseAsync()
    {
        if (!HasInterruptedWrite && socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            using CancellationTokenSource limit = new(CloseTimeout, timeProvider ?? TimeProvider.System);
            try
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (
                exception is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
            {
                // The peer has disconnected or does not read. The end of the stream ends the connection as well.
            }
        }

        socket.Dispose();
        close(HasInterruptedWrite);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendMessagesAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        byte[] coalesced = ArrayPool<byte>.Shared.Rent((int)Math.Min(data.Length, MaxMessageBytes));
        try
        {
            while (!data.IsEmpty)
            {
                int length = (int)Math.Min(data.Length, MaxMessageBytes);
                data.Slice(0, length).CopyTo(coalesced);
                data = data.Slice(length);
                await socket.SendAsync(coalesced.AsMemory(0, length), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken)
                    .ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(coalesced);
        }
    }
}
