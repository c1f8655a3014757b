using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>A client's connection at the level of HTTP: one exchange after the other.</summary>
internal sealed class HttpConnection(ClientConnection connection)
{
    /// <summary>How long a client whose request was not read to its end may take to notice the answer.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    private readonly RelaySocket _client = connection.Client;

    public async Task RunAsync()
    {
        for (int count = 1; await HasRequestAsync().ConfigureAwait(false); count++)
        {
            FaultProfile personality = connection.State.Profile;
            if (!await ServeAsync(personality).ConfigureAwait(false) || count == personality.MaxRequestsPerConnection)
            {
                return;
            }
        }
    }

    private async ValueTask<bool> HasRequestAsync()
        => !_client.Buffer.Unconsumed.IsEmpty || await _client.Buffer.FillAsync(_client.Stream, connection.Termination.Token).ConfigureAwait(false);

    /// <summary>Whether the connection can take another request.</summary>
    private async Task<bool> ServeAsync(FaultProfile profile)
    {
        HttpExchange? exchange = null;
        try
        {
            Http1Head head = await _client.Buffer.ReadHeadAsync(_client.Stream, isRequest: true, connection.Termination.Token).ConfigureAwait(false);
            exchange = new HttpExchange(connection, head, profile);
            if (await exchange.RunAsync().ConfigureAwait(false))
            {
                return true;
            }
        }
        catch (MalformedHttpException malformed) when (exchange is not { HasResponded: true })
        {
            // HTTP/2's preface is among them.
            await _client.WriteAsync(HeadFormat.WriteProxyResponse(400, "Fault proxy: " + malformed.Message, closes: true), connection.Termination.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (connection.Termination is { Kind: TerminationKind.Respond, Status: int status } && exchange is { HasResponded: false })
        {
            exchange.Entry.SetResponse(status, byProxy: true);
            await _client.WriteAsync(HeadFormat.WriteProxyResponse(status, "Fault proxy: the request's body was not taken.", closes: true), connection.State.Stopping).ConfigureAwait(false);
        }

        if (connection.Termination.Kind is TerminationKind.None or TerminationKind.Respond)
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
        _client.ShutdownSend();
        byte[] buffer = new byte[RelaySocket.MaxReadBytes];
        while (await _client.ReadAsync(buffer, either.Token).ConfigureAwait(false) > 0)
        {
            // Not wanted any more.
        }
    }
}
