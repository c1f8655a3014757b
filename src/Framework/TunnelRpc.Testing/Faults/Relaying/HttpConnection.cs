using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>A client's connection at the level of HTTP: one exchange after the other.</summary>
internal sealed class HttpConnection(ClientConnection connection)
{
    /// <summary>How long a client whose request was not read to its end may take to notice the answer.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    private readonly Peer _client = connection.Client;

    public async Task RunAsync()
    {
        for (int count = 1; await HasRequestAsync().ConfigureAwait(false); count++)
        {
            FaultPersonality personality = connection.State.Personality;
            if (!await ServeAsync(personality).ConfigureAwait(false) || count == personality.RequestsPerConnection)
            {
                return;
            }
        }
    }

    private async ValueTask<bool> HasRequestAsync()
        => !_client.Buffer.Unused.IsEmpty || await _client.Buffer.FillAsync(_client.Stream, connection.End.Token).ConfigureAwait(false);

    /// <summary>Whether the connection can take another request.</summary>
    private async Task<bool> ServeAsync(FaultPersonality personality)
    {
        HttpExchange? exchange = null;
        try
        {
            Http1Head head = await _client.Buffer.ReadHeadAsync(_client.Stream, isRequest: true, connection.End.Token).ConfigureAwait(false);
            exchange = new HttpExchange(connection, head, personality);
            if (await exchange.RunAsync().ConfigureAwait(false))
            {
                return true;
            }
        }
        catch (MalformedHttpException malformed) when (exchange is not { HasAnswered: true })
        {
            // HTTP/2's preface is among them.
            await _client.WriteAsync(HeadFormat.WriteOwn(400, "Fault proxy: " + malformed.Message, closes: true), connection.End.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (connection.End is { Kind: EndKind.Answer, Status: int status } && exchange is { HasAnswered: false })
        {
            exchange.Entry.Answered(status, byProxy: true);
            await _client.WriteAsync(HeadFormat.WriteOwn(status, "Fault proxy: the request's body was not taken.", closes: true), connection.State.Stopping).ConfigureAwait(false);
        }

        if (connection.End.Kind is EndKind.None or EndKind.Answer)
        {
            await LingerAsync().ConfigureAwait(false);
        }

        return false;
    }

    /// <summary>Closing with bytes unread would be a reset, which makes the answer unreadable for the client.</summary>
    private async Task LingerAsync()
    {
        using var limit = new CancellationTokenSource(Linger, connection.State.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, connection.State.Stopping);
        _client.FinishWriting();
        byte[] buffer = new byte[Peer.MaxPieceBytes];
        while (await _client.ReadAsync(buffer, either.Token).ConfigureAwait(false) > 0)
        {
            // Not wanted any more.
        }
    }
}
