using System.Buffers;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using TunnelRpc.Transports.Connections;

namespace TunnelRpc.Transports.WebSockets;

/// <summary>
/// A connection whose bytes are those of binary messages; where one message ends means nothing. Messages are kept small, since some
/// things on the way pass whole messages only.
/// </summary>
/// <param name="socket">The socket; owned.</param>
/// <param name="info">What is known of the path.</param>
/// <param name="close">Frees what is below; told whether a write was cut off. Must not throw.</param>
/// <param name="timeProvider">The clock; null for the system's.</param>
/// <param name="peerDisconnected">Signalled once the peer is gone, where the stream itself does not tell writers.</param>
internal sealed class WebSocketConnection(WebSocket socket, TransportConnectionInfo info, Action<bool> close, TimeProvider? timeProvider = null, CancellationToken peerDisconnected = default)
    : TransportConnection(info, peerDisconnected: peerDisconnected)
{
    private const int MaxMessageBytes = SequenceStreamWriter.MaxCoalescedBytes;

    // A close frame is 4 bytes: it waits only behind a peer that does not read.
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            ValueWebSocketReceiveResult result = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            switch (result.MessageType)
            {
                case WebSocketMessageType.Close:
                    return 0;
                case WebSocketMessageType.Text:
                    throw new TransportException("websocket: a text message came; a tunnel has binary messages only, so the peer, or something on the way, is no tunnel.");
                case WebSocketMessageType.Binary when result.Count > 0:
                    return result.Count;
            }
        }
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
            catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
            {
                // The peer is gone or does not read: the end of the stream tells it as well.
            }
        }

        socket.Dispose();
        close(HasInterruptedWrite);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendMessagesAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        byte[] gathered = ArrayPool<byte>.Shared.Rent((int)Math.Min(data.Length, MaxMessageBytes));
        try
        {
            while (!data.IsEmpty)
            {
                int length = (int)Math.Min(data.Length, MaxMessageBytes);
                data.Slice(0, length).CopyTo(gathered);
                data = data.Slice(length);
                await socket.SendAsync(gathered.AsMemory(0, length), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(gathered);
        }
    }
}
