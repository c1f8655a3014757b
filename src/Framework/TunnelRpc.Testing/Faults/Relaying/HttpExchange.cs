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
    private readonly Peer _client;
    private readonly RelayEnd _end;
    private readonly Http1Head _head;
    private readonly FaultPersonality _personality;

    public HttpExchange(ClientConnection connection, Http1Head head, FaultPersonality personality)
    {
        _connection = connection;
        _state = connection.State;
        _client = connection.Client;
        _end = connection.End;
        _head = head;
        _personality = personality;
        Entry = _state.Log.Add(connection.Number, head.First, head.Second);
    }

    public RequestEntry Entry { get; }

    /// <summary>Whether the head of an answer is on its way.</summary>
    public bool HasAnswered { get; private set; }

    /// <summary>Whether the connection can take another request.</summary>
    /// <exception cref="MalformedHttpException">The request, or the answer, is not HTTP/1.1.</exception>
    /// <exception cref="OperationCanceledException">The connection is ended.</exception>
    public async Task<bool> RunAsync()
    {
        MessageFraming framing = MessageFraming.OfRequest(_head);
        if (await RefuseStrangerAsync(framing).ConfigureAwait(false) is bool goesOn)
        {
            return goesOn;
        }

        if (ProxyTarget.Of(_head, _state.Upstream) is not { } target)
        {
            return await AnswerAsync(400, "the request names no target that this proxy forwards to.", framing).ConfigureAwait(false);
        }

        RequestFault? fault = _state.FindFault(_personality, _head.First, target.Path.Split('?')[0]);
        switch (fault?.Kind)
        {
            case RequestFaultKind.Refuse:
            case RequestFaultKind.RefuseBodiesAbove when framing.Length > fault.Bytes:
                return await AnswerAsync(fault.Status, "refused.", framing).ConfigureAwait(false);
            case RequestFaultKind.Reset:
                _end.Reset();
                return false;
        }

        if (_head.First == "CONNECT")
        {
            return await ConnectAsync(target).ConfigureAwait(false);
        }

        if (_personality.CoalescesGets && _head.First == "GET" && _head.UpgradeToken() is null)
        {
            return await CoalesceAsync(target, framing, fault).ConfigureAwait(false);
        }

        return await ForwardAsync(target, framing, fault, capture: null).ConfigureAwait(false);
    }

    private async Task<bool?> RefuseStrangerAsync(MessageFraming framing)
    {
        if (_personality.Authentication is not { } wanted)
        {
            return null;
        }

        bool? right = ProxyCredentialCheck.AreRight(wanted, _head);
        if (right == true)
        {
            if (_connection.HangsFromNowOn)
            {
                await WaitForEndAsync().ConfigureAwait(false);
                return false;
            }

            return null;
        }

        _connection.HangsFromNowOn |= wanted.HangsAfterwards;
        int status = right == false ? wanted.WrongStatus : 407;
        return await AnswerAsync(status, "credentials are wanted.", framing, wanted.Closes, ProxyCredentialCheck.Challenge(wanted)).ConfigureAwait(false);
    }

    private async Task<bool> ConnectAsync(ProxyTarget target)
    {
        Peer? server = await DialAsync(target).ConfigureAwait(false);
        if (server is null)
        {
            return false;
        }

        using (server)
        {
            Answering(200, byProxy: true);
            await _client.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), _end.Token).ConfigureAwait(false);
            await TunnelAsync(server).ConfigureAwait(false);
            return false;
        }
    }

    private async Task<bool> CoalesceAsync(ProxyTarget target, MessageFraming framing, RequestFault? fault)
    {
        string url = $"{target.Host}:{target.Port}{target.Path}";
        while (_state.Gets.Join(url) is { } other)
        {
            if (await other.WaitAsync(_end.Token).ConfigureAwait(false) is { } shared)
            {
                Answering(200, byProxy: true);
                await _client.WriteAsync(shared, _end.Token).ConfigureAwait(false);
                return true;
            }
        }

        var capture = new AnswerCapture();
        bool again = false;
        try
        {
            again = await ForwardAsync(target, framing, fault, capture).ConfigureAwait(false);
        }
        finally
        {
            _state.Gets.Finish(url, again ? capture.Answer?.Whole : null);
        }

        return again;
    }

    private async Task<bool> ForwardAsync(ProxyTarget target, MessageFraming framing, RequestFault? fault, AnswerCapture? capture)
    {
        string? upgrade = _personality.Upgrades switch
        {
            UpgradeHandling.Pass => _head.UpgradeToken(),
            UpgradeHandling.PassWebSocket when "websocket".Equals(_head.UpgradeToken(), StringComparison.OrdinalIgnoreCase) => _head.UpgradeToken(),
            _ => null,
        };
        IEnumerable<string> without = _personality.Continue == ContinueHandling.Answer ? _personality.StrippedHeaders.Append("Expect") : _personality.StrippedHeaders;
        byte[] head = HeadFormat.Write($"{_head.First} {target.Path} HTTP/1.1", _head, framing.IsChunked, upgrade, without, target.NewHost);

        Stream body = _client.Stream;
        Http1Buffer buffer = _client.Buffer;
        using var repeated = new Http1Buffer();
        if (fault?.Kind == RequestFaultKind.Repeat && framing.Length is long length && length <= _state.MaxHeldBytes)
        {
            await AnswerExpectationAsync().ConfigureAwait(false);
            byte[] bytes = await ReadAllAsync(new BodyReader(buffer, body, framing), (int)length).ConfigureAwait(false);
            await DeliverOnceAsync(target, head, bytes).ConfigureAwait(false);
            (body, buffer) = (new MemoryStream(bytes, writable: false), repeated);
        }
        else if (_personality.Continue == ContinueHandling.Answer)
        {
            await AnswerExpectationAsync().ConfigureAwait(false);
        }

        Peer? server = await DialAsync(target).ConfigureAwait(false);
        if (server is null)
        {
            return false;
        }

        using (server)
        {
            using var idle = new IdleWatch(_personality.IdleLimit, _state.TimeProvider, _end);
            StageContext context = _connection.CreateContext(overflowStatus: 413, timeoutStatus: 408);
            IEnumerable<StreamFault> faults = framing.IsEmpty ? [] : Faults(_personality.Up, FaultScope.Bodies);
            if (fault?.Kind == RequestFaultKind.RefuseBodiesAbove)
            {
                faults = faults.Prepend(StreamFault.RefuseAbove(fault.Bytes));
            }

            var request = new RequestRelay(_client, new BodyReader(buffer, body, framing), [.. faults], new MessageWriter(server, head, framing.IsChunked), context, idle);
            await using (request.ConfigureAwait(false))
            {
                await request.StartAsync().ConfigureAwait(false);
                bool tunnel = await AnswerFromAsync(server, request, fault, capture, idle).ConfigureAwait(false);
                await request.StopAsync().ConfigureAwait(false);
                if (!tunnel)
                {
                    return request.IsWhole && !_head.HasToken("Connection", "close") && !_end.Token.IsCancellationRequested;
                }
            }

            idle.Dispose();
            await TunnelAsync(server).ConfigureAwait(false);
            return false;
        }
    }

    /// <summary>Relays the answer; true when it was 101.</summary>
    private async Task<bool> AnswerFromAsync(Peer server, RequestRelay request, RequestFault? fault, AnswerCapture? capture, IdleWatch idle)
    {
        Http1Head answer;
        int status;
        while (true)
        {
            try
            {
                answer = await server.Buffer.ReadHeadAsync(server.Stream, isRequest: false, _end.Token).ConfigureAwait(false);
            }
            catch (Exception broken) when (broken is IOException or MalformedHttpException && !_end.Token.IsCancellationRequested)
            {
                await AnswerAsync(502, "the upstream gave no answer.", MessageFraming.None, closes: true).ConfigureAwait(false);
                _end.Close();
                return false;
            }

            idle.Touch();
            status = int.Parse(answer.Second, CultureInfo.InvariantCulture);
            if (status is 101 or >= 200)
            {
                break;
            }

            if (status != 100 || _personality.Continue == ContinueHandling.Relay)
            {
                await _client.WriteAsync(HeadFormat.Write($"HTTP/1.1 {answer.Second} {answer.Third}", answer, chunked: false), _end.Token).ConfigureAwait(false);
            }
        }

        if (fault?.Kind == RequestFaultKind.DropAnswer)
        {
            _end.Close();
            return false;
        }

        if (_personality.AnswersAfterRequest && status != 101)
        {
            await request.BodyEnded.WaitAsync(_end.Token).ConfigureAwait(false);
        }

        MessageFraming framing = MessageFraming.OfAnswer(answer, _head.First, status);
        bool chunked = framing.IsChunked || framing.Length is null;
        byte[] head = HeadFormat.Write($"HTTP/1.1 {answer.Second} {answer.Third}", answer, chunked, status == 101 ? answer.UpgradeToken() : null);
        var writer = new MessageWriter(_client, head, chunked, () => Answering(status, byProxy: false));
        if (status == 101 || framing.IsEmpty)
        {
            await writer.BeginAsync(_end.Token).ConfigureAwait(false);
            return status == 101;
        }

        await RelayBodyAsync(server, answer, framing, writer, capture, idle).ConfigureAwait(false);
        return false;
    }

    private async Task RelayBodyAsync(Peer server, Http1Head answer, MessageFraming framing, MessageWriter writer, AnswerCapture? capture, IdleWatch idle)
    {
        StreamFault[] faults = [.. Faults(_personality.Down, FaultScope.Bodies)];
        if (!faults.Any(f => f.HoldsHead))
        {
            await writer.BeginAsync(_end.Token).ConfigureAwait(false);
        }

        IPieceSink sink = capture is null || answer.HasToken("Cache-Control", "no-store") ? writer : capture.Of(answer, writer, _state.MaxHeldBytes);
        var chain = new FaultChain(faults, sink, _connection.CreateContext(overflowStatus: 502));
        await using (chain.ConfigureAwait(false))
        {
            var body = new BodyReader(server.Buffer, server.Stream, framing);
            byte[] buffer = new byte[Peer.MaxPieceBytes];
            try
            {
                while (await body.ReadAsync(buffer, _end.Token).ConfigureAwait(false) is > 0 and int read)
                {
                    idle.Touch();
                    await chain.WriteAsync(buffer.AsMemory(0, read), _end.Token).ConfigureAwait(false);
                }

                await chain.CompleteAsync(_end.Token).ConfigureAwait(false);
            }
            catch (Exception broken) when (broken is IOException or MalformedHttpException)
            {
                // Half an answer must not look like a whole one.
                _end.Reset();
            }
        }
    }

    private Task TunnelAsync(Peer server)
        => ByteRelay.RunAsync(_connection, server, _personality, Faults(_personality.Up, FaultScope.Tunnels), Faults(_personality.Down, FaultScope.Tunnels));

    private static IEnumerable<StreamFault> Faults(IEnumerable<StreamFault> faults, FaultScope scope) => faults.Where(f => f.Scope.HasFlag(scope));

    /// <summary>The upstream; null when nobody is there, and the client has been told.</summary>
    private async Task<Peer?> DialAsync(ProxyTarget target)
    {
        try
        {
            return await _state.ConnectAsync(target.Host, target.Port, _end.Token).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            await AnswerAsync(502, "the upstream cannot be reached.", MessageFraming.None, closes: true).ConfigureAwait(false);
            return null;
        }
    }

    private async ValueTask AnswerExpectationAsync()
    {
        if (_head.HasToken("Expect", "100-continue"))
        {
            await _client.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), _end.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Answers in the upstream's place; the connection can be used again if no body was to come.</summary>
    private async Task<bool> AnswerAsync(int status, string words, MessageFraming unread, bool closes = false, string? authenticate = null)
    {
        closes |= !unread.IsEmpty;
        Answering(status, byProxy: true);
        await _client.WriteAsync(HeadFormat.WriteOwn(status, "Fault proxy: " + words, closes, authenticate), _end.Token).ConfigureAwait(false);
        return !closes;
    }

    private void Answering(int status, bool byProxy)
    {
        HasAnswered = true;
        Entry.Answered(status, byProxy);
    }

    private async Task<byte[]> ReadAllAsync(BodyReader body, int length)
    {
        byte[] bytes = new byte[length];
        for (int at = 0; at < length;)
        {
            at += await body.ReadAsync(bytes.AsMemory(at), _end.Token).ConfigureAwait(false);
        }

        return bytes;
    }

    /// <summary>The first of two deliveries, whose answer nobody sees.</summary>
    private async Task DeliverOnceAsync(ProxyTarget target, byte[] head, byte[] body)
    {
        using Peer server = await _state.ConnectAsync(target.Host, target.Port, _end.Token).ConfigureAwait(false);
        await server.WriteAsync(head, _end.Token).ConfigureAwait(false);
        await server.WriteAsync(body, _end.Token).ConfigureAwait(false);
        Http1Head answer;
        int status;
        do
        {
            answer = await server.Buffer.ReadHeadAsync(server.Stream, isRequest: false, _end.Token).ConfigureAwait(false);
            status = int.Parse(answer.Second, CultureInfo.InvariantCulture);
        }
        while (status < 200 && status != 101);
        var rest = new BodyReader(server.Buffer, server.Stream, MessageFraming.OfAnswer(answer, _head.First, status));
        byte[] buffer = new byte[Peer.MaxPieceBytes];
        while (await rest.ReadAsync(buffer, _end.Token).ConfigureAwait(false) > 0)
        {
            // Read, so that the upstream has done all there was to do.
        }
    }

    private async Task WaitForEndAsync()
    {
        byte[] buffer = new byte[Peer.MaxPieceBytes];
        while (await _client.ReadAsync(buffer, _end.Token).ConfigureAwait(false) > 0)
        {
            // Nobody answers.
        }
    }
}
