using System.Globalization;
using System.Net.Sockets;
using TunnelRpc.Testing.Faults.Stages;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>One request and its answer, or the tunnel that it becomes.</summary>
internal sealed class HttpExchange
{
    private readonly ClientConnection _connection;
    private readonly ProxyState _state;
    private readonly RelaySocket _client;
    private readonly ConnectionTermination _termination;
    private readonly Http1Head _head;
    private readonly FaultProfile _profile;

    public HttpExchange(ClientConnection connection, Http1Head head, FaultProfile profile)
    {
        _connection = connection;
        _state = connection.State;
        _client = connection.Client;
        _termination = connection.Termination;
        _head = head;
        _profile = profile;
        Entry = _state.Log.Add(connection.Number, head.MethodOrVersion, head.TargetOrStatus);
    }

    public RequestEntry Entry { get; }

    /// <summary>Whether the head of an answer is on its way.</summary>
    public bool HasResponded { get; private set; }

    /// <summary>Whether the connection can take another request.</summary>
    /// <exception cref="MalformedHttpException">The request, or the answer, is not HTTP/1.1.</exception>
    /// <exception cref="OperationCanceledException">The connection is ended.</exception>
    public async Task<bool> RunAsync()
    {
        MessageFraming framing = MessageFraming.ForRequest(_head);
        if (await RejectUnauthenticatedAsync(framing).ConfigureAwait(false) is bool goesOn)
        {
            return goesOn;
        }

        if (ProxyTarget.Resolve(_head, _state.Upstream) is not { } target)
        {
            return await RespondAsync(400, "the request names no target that this proxy forwards to.", framing).ConfigureAwait(false);
        }

        RequestFault? fault = _state.FindFault(_profile, _head.MethodOrVersion, target.Path.Split('?')[0]);
        switch (fault?.Kind)
        {
            case RequestFaultKind.Refuse:
            case RequestFaultKind.RefuseBodiesAbove when framing.Length > fault.Bytes:
                return await RespondAsync(fault.Status, "refused.", framing).ConfigureAwait(false);
            case RequestFaultKind.Reset:
                _termination.Reset();
                return false;
        }

        if (_head.MethodOrVersion == "CONNECT")
        {
            return await ConnectAsync(target).ConfigureAwait(false);
        }

        if (_profile.CoalescesGets && _head.MethodOrVersion == "GET" && _head.UpgradeToken() is null)
        {
            return await CoalesceAsync(target, framing, fault).ConfigureAwait(false);
        }

        return await ForwardAsync(target, framing, fault, capture: null).ConfigureAwait(false);
    }

    private async Task<bool?> RejectUnauthenticatedAsync(MessageFraming framing)
    {
        if (_profile.Authentication is not { } wanted)
        {
            return null;
        }

        bool? right = ProxyCredentialCheck.Verify(wanted, _head);
        if (right == true)
        {
            if (_connection.StopsResponding)
            {
                await WaitForEndAsync().ConfigureAwait(false);
                return false;
            }

            return null;
        }

        _connection.StopsResponding |= wanted.StopsResponding;
        int status = right == false ? wanted.RejectionStatus : 407;
        return await RespondAsync(status, "credentials are wanted.", framing, wanted.ClosesConnection, ProxyCredentialCheck.Challenge(wanted)).ConfigureAwait(false);
    }

    private async Task<bool> ConnectAsync(ProxyTarget target)
    {
        RelaySocket? server = await DialAsync(target).ConfigureAwait(false);
        if (server is null)
        {
            return false;
        }

        using (server)
        {
            OnResponding(200, byProxy: true);
            await _client.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), _termination.Token).ConfigureAwait(false);
            await TunnelAsync(server).ConfigureAwait(false);
            return false;
        }
    }

    private async Task<bool> CoalesceAsync(ProxyTarget target, MessageFraming framing, RequestFault? fault)
    {
        string url = $"{target.Host}:{target.Port}{target.Path}";
        while (_state.Coalescer.Join(url) is { } other)
        {
            if (await other.WaitAsync(_termination.Token).ConfigureAwait(false) is { } shared)
            {
                OnResponding(200, byProxy: true);
                await _client.WriteAsync(shared, _termination.Token).ConfigureAwait(false);
                return true;
            }
        }

        var capture = new ResponseCapture();
        bool again = false;
        try
        {
            again = await ForwardAsync(target, framing, fault, capture).ConfigureAwait(false);
        }
        finally
        {
            _state.Coalescer.Complete(url, again ? capture.Response?.Message : null);
        }

        return again;
    }

    private async Task<bool> ForwardAsync(ProxyTarget target, MessageFraming framing, RequestFault? fault, ResponseCapture? capture)
    {
        string? upgrade = _profile.Upgrades switch
        {
            UpgradeHandling.Pass => _head.UpgradeToken(),
            UpgradeHandling.PassWebSocket when "websocket".Equals(_head.UpgradeToken(), StringComparison.OrdinalIgnoreCase) => _head.UpgradeToken(),
            _ => null,
        };
        IEnumerable<string> without = _profile.Continue == ContinueHandling.Respond ? _profile.StrippedHeaders.Append("Expect") : _profile.StrippedHeaders;
        byte[] head = HeadFormat.Write($"{_head.MethodOrVersion} {target.Path} HTTP/1.1", _head, framing.IsChunked, upgrade, without, target.RewrittenHost);

        Stream body = _client.Stream;
        Http1ReadBuffer buffer = _client.Buffer;
        using var repeated = new Http1ReadBuffer();
        if (fault?.Kind == RequestFaultKind.Duplicate && framing.Length is long length && length <= _state.MaxBufferedBytes)
        {
            await HandleExpectationAsync().ConfigureAwait(false);
            byte[] bytes = await ReadAllAsync(new BodyReader(buffer, body, framing), (int)length).ConfigureAwait(false);
            await DeliverFirstCopyAsync(target, head, bytes).ConfigureAwait(false);
            (body, buffer) = (new MemoryStream(bytes, writable: false), repeated);
        }
        else if (_profile.Continue == ContinueHandling.Respond)
        {
            await HandleExpectationAsync().ConfigureAwait(false);
        }

        RelaySocket? server = await DialAsync(target).ConfigureAwait(false);
        if (server is null)
        {
            return false;
        }

        using (server)
        {
            using var idle = new IdleTimer(_profile.IdleTimeout, _state.TimeProvider, _termination);
            StageContext context = _connection.CreateContext(overflowStatus: 413, timeoutStatus: 408);
            IEnumerable<StreamFault> faults = framing.IsEmpty ? [] : Faults(_profile.Up, FaultScope.Bodies);
            if (fault?.Kind == RequestFaultKind.RefuseBodiesAbove)
            {
                faults = faults.Prepend(StreamFault.RefuseAbove(fault.Bytes));
            }

            var request = new RequestRelay(_client, new BodyReader(buffer, body, framing), [.. faults], new MessageWriter(server, head, framing.IsChunked), context, idle);
            await using (request.ConfigureAwait(false))
            {
                await request.StartAsync().ConfigureAwait(false);
                bool tunnel = await RelayResponseAsync(server, request, fault, capture, idle).ConfigureAwait(false);
                await request.StopAsync().ConfigureAwait(false);
                if (!tunnel)
                {
                    return request.IsBodyComplete && !_head.HasToken("Connection", "close") && !_termination.Token.IsCancellationRequested;
                }
            }

            idle.Dispose();
            await TunnelAsync(server).ConfigureAwait(false);
            return false;
        }
    }

    /// <summary>Relays the answer; true when it was 101.</summary>
    private async Task<bool> RelayResponseAsync(RelaySocket server, RequestRelay request, RequestFault? fault, ResponseCapture? capture, IdleTimer idle)
    {
        Http1Head answer;
        int status;
        while (true)
        {
            try
            {
                answer = await server.Buffer.ReadHeadAsync(server.Stream, isRequest: false, _termination.Token).ConfigureAwait(false);
            }
            catch (Exception broken) when (broken is IOException or MalformedHttpException && !_termination.Token.IsCancellationRequested)
            {
                await RespondAsync(502, "the upstream gave no answer.", MessageFraming.None, closes: true).ConfigureAwait(false);
                _termination.Close();
                return false;
            }

            idle.Restart();
            status = int.Parse(answer.TargetOrStatus, CultureInfo.InvariantCulture);
            if (status is 101 or >= 200)
            {
                break;
            }

            if (status != 100 || _profile.Continue == ContinueHandling.Relay)
            {
                await _client.WriteAsync(HeadFormat.Write($"HTTP/1.1 {answer.TargetOrStatus} {answer.VersionOrReason}", answer, chunked: false), _termination.Token).ConfigureAwait(false);
            }
        }

        if (fault?.Kind == RequestFaultKind.DropResponse)
        {
            _termination.Close();
            return false;
        }

        if (_profile.RespondsAfterRequest && status != 101)
        {
            await request.BodyEnded.WaitAsync(_termination.Token).ConfigureAwait(false);
        }

        MessageFraming framing = MessageFraming.ForResponse(answer, _head.MethodOrVersion, status);
        bool chunked = framing.IsChunked || framing.Length is null;
        byte[] head = HeadFormat.Write($"HTTP/1.1 {answer.TargetOrStatus} {answer.VersionOrReason}", answer, chunked, status == 101 ? answer.UpgradeToken() : null);
        var writer = new MessageWriter(_client, head, chunked, () => OnResponding(status, byProxy: false));
        if (status == 101 || framing.IsEmpty)
        {
            await writer.StartAsync(_termination.Token).ConfigureAwait(false);
            return status == 101;
        }

        await RelayBodyAsync(server, answer, framing, writer, capture, idle).ConfigureAwait(false);
        return false;
    }

    private async Task RelayBodyAsync(RelaySocket server, Http1Head answer, MessageFraming framing, MessageWriter writer, ResponseCapture? capture, IdleTimer idle)
    {
        StreamFault[] faults = [.. Faults(_profile.Down, FaultScope.Bodies)];
        if (!faults.Any(f => f.BuffersHead))
        {
            await writer.StartAsync(_termination.Token).ConfigureAwait(false);
        }

        IStageSink sink = capture is null || answer.HasToken("Cache-Control", "no-store") ? writer : capture.Start(answer, writer, _state.MaxBufferedBytes);
        var chain = new FaultChain(faults, sink, _connection.CreateContext(overflowStatus: 502));
        await using (chain.ConfigureAwait(false))
        {
            var body = new BodyReader(server.Buffer, server.Stream, framing);
            byte[] buffer = new byte[RelaySocket.MaxReadBytes];
            try
            {
                while (await body.ReadAsync(buffer, _termination.Token).ConfigureAwait(false) is > 0 and int read)
                {
                    idle.Restart();
                    await chain.WriteAsync(buffer.AsMemory(0, read), _termination.Token).ConfigureAwait(false);
                }

                await chain.CompleteAsync(_termination.Token).ConfigureAwait(false);
            }
            catch (Exception broken) when (broken is IOException or MalformedHttpException)
            {
                // Half an answer must not look like a whole one.
                _termination.Reset();
            }
        }
    }

    private Task TunnelAsync(RelaySocket server)
        => ByteRelay.RunAsync(_connection, server, _profile, Faults(_profile.Up, FaultScope.Tunnels), Faults(_profile.Down, FaultScope.Tunnels));

    private static IEnumerable<StreamFault> Faults(IEnumerable<StreamFault> faults, FaultScope scope) => faults.Where(f => f.Scope.HasFlag(scope));

    /// <summary>The upstream; null when nobody is there, and the client has been told.</summary>
    private async Task<RelaySocket?> DialAsync(ProxyTarget target)
    {
        try
        {
            return await _state.ConnectAsync(target.Host, target.Port, _termination.Token).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            await RespondAsync(502, "the upstream cannot be reached.", MessageFraming.None, closes: true).ConfigureAwait(false);
            return null;
        }
    }

    private async ValueTask HandleExpectationAsync()
    {
        if (_head.HasToken("Expect", "100-continue"))
        {
            await _client.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), _termination.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Answers in the upstream's place; the connection can be used again if no body was to come.</summary>
    private async Task<bool> RespondAsync(int status, string words, MessageFraming unread, bool closes = false, string? authenticate = null)
    {
        closes |= !unread.IsEmpty;
        OnResponding(status, byProxy: true);
        await _client.WriteAsync(HeadFormat.WriteProxyResponse(status, "Fault proxy: " + words, closes, authenticate), _termination.Token).ConfigureAwait(false);
        return !closes;
    }

    private void OnResponding(int status, bool byProxy)
    {
        HasResponded = true;
        Entry.SetResponse(status, byProxy);
    }

    private async Task<byte[]> ReadAllAsync(BodyReader body, int length)
    {
        byte[] bytes = new byte[length];
        for (int at = 0; at < length;)
        {
            at += await body.ReadAsync(bytes.AsMemory(at), _termination.Token).ConfigureAwait(false);
        }

        return bytes;
    }

    /// <summary>The first of two deliveries, whose answer nobody sees.</summary>
    private async Task DeliverFirstCopyAsync(ProxyTarget target, byte[] head, byte[] body)
    {
        using RelaySocket server = await _state.ConnectAsync(target.Host, target.Port, _termination.Token).ConfigureAwait(false);
        await server.WriteAsync(head, _termination.Token).ConfigureAwait(false);
        await server.WriteAsync(body, _termination.Token).ConfigureAwait(false);
        Http1Head answer;
        int status;
        do
        {
            answer = await server.Buffer.ReadHeadAsync(server.Stream, isRequest: false, _termination.Token).ConfigureAwait(false);
            status = int.Parse(answer.TargetOrStatus, CultureInfo.InvariantCulture);
        }
        while (status < 200 && status != 101);
        var rest = new BodyReader(server.Buffer, server.Stream, MessageFraming.ForResponse(answer, _head.MethodOrVersion, status));
        byte[] buffer = new byte[RelaySocket.MaxReadBytes];
        while (await rest.ReadAsync(buffer, _termination.Token).ConfigureAwait(false) > 0)
        {
            // Read, so that the upstream has done all there was to do.
        }
    }

    private async Task WaitForEndAsync()
    {
        byte[] buffer = new byte[RelaySocket.MaxReadBytes];
        while (await _client.ReadAsync(buffer, _termination.Token).ConfigureAwait(false) > 0)
        {
            // Nobody answers.
        }
    }
}
