using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Filters;
using TunnelRpc.Multiplexing;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;
using Xunit;

namespace TunnelRpc.Server.Tests.Attacks;

/// <summary>
/// Text of a hostile peer, at every place where it enters, is escaped in logs, in exceptions and in reports: no control characters, line
/// breaks, terminal sequences or bidirectional overrides.
/// </summary>
public sealed class ForeignTextTests
{
    private const string Poison = "\u001b[31mred\r\nforged entry\u202e\u2066\u0085\u2028\u009b\0end";

    public static TheoryData<string> TextsOfServers =>
    [
        "REFUSE", "CLOSE", "DRAIN", "failure", "failure of an open stream", "unknown callback", "status", "redirect", "upgrade", "not HTTP",
    ];

    public static TheoryData<string> TextsOfClients =>
        ["exception", "argument", "one-way argument", "callback", "reverse-http", "CLOSE", "version"];

    [Theory]
    [MemberData(nameof(TextsOfServers))]
    public async Task Text_of_a_server_is_escaped_in_logs_exceptions_and_reports_of_the_client(string entry)
    {
        var log = new RecordingLoggerFactory();
        string head = entry switch
        {
            // A field value has neither line breaks nor NUL.
            "status" => $"HTTP/1.1 403 \u001b[31mred\u009b\r\nContent-Length: 0\r\n\r\n",
            "redirect" => "HTTP/1.1 302 Found\r\nLocation: http://h/\u001b[31mred\u009b\r\nContent-Length: 0\r\n\r\n",
            "upgrade" => "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: \u001b[31mred\u009b\r\n\r\n",
            "not HTTP" => "\u001b[31mred\u009b\r\n\r\n",
            _ => HostileServer.Upgraded,
        };
        await using var server = new HostileServer(
            head, head == HostileServer.Upgraded ? connection => ServeAsync(connection, entry) : null);
        await using TunnelClient client = server.CreateClient(log, options =>
        {
            options.StayConnected = false;
            options.Filters.Add(new LoggingFilter(log.CreateLogger<LoggingFilter>()));
        });
        List<string> texts = [];

        Exception? error = await Record.ExceptionAsync(async () =>
        {
            await client.ConnectAsync().DefaultTimeout();
            texts.Add(client.Report!.ToString());
            await client.Get<IWorkbench>().AskAsync().DefaultTimeout();
        });
        error.ShouldNotBeNull();
        if (entry is not ("failure" or "failure of an open stream" or "unknown callback"))
        {
            // The message of a failed call is data of the application, and arrives as it is.
            texts.Add(error.ToString());
        }

        texts.AddRange(client.Report?.Attempts.Select(a => a.Reason) ?? []);
        await client.DisposeAsync();

        texts.AddRange(log.Lines);
        ShouldBeEscaped(texts);
        texts.ShouldContain(
            text => text.Contains("red", StringComparison.Ordinal), $"The text of {entry} must arrive: {string.Join(" | ", texts)}");
    }

    [Theory]
    [MemberData(nameof(TextsOfClients))]
    public async Task Text_of_a_client_is_escaped_in_the_log_of_the_server(string entry)
    {
        var log = new RecordingLoggerFactory();
        await using ServerApp app = await ServerApp.StartAsync(
            services => services.AddService<IWorkbench>(new Workbench()),
            options => options.Filters.Add(new LoggingFilter(log.CreateLogger<LoggingFilter>())));

        await AttackAsync(app, entry);
        await app.App.StopAsync();

        string[] lines = [.. log.Lines, .. app.Log.Lines.Where(line => !line.Contains("Request starting", StringComparison.Ordinal))];
        ShouldBeEscaped(lines);
        if (entry is not ("CLOSE" or "version"))
        {
            lines.ShouldContain(text => text.Contains("red", StringComparison.Ordinal), $"The text of {entry} must arrive.");
        }
    }

    [Theory]
    [InlineData("plain text, Ünïcödé, 漢字, 👍", "plain text, Ünïcödé, 漢字, 👍")]
    [InlineData("a\r\nb\tc", "a\\r\\nb\\tc")]
    [InlineData("\u001b]0;title\u0007", "\\u001B]0;title\\u0007")]
    [InlineData("\u202eabc\u2069\u200f\u061c\ufeff", "\\u202Eabc\\u2069\\u200F\\u061C\\uFEFF")]
    public void Escaped_text_is_one_line_and_stays_as_it_is_when_it_is_escaped_again(string text, string expected)
    {
        string escaped = ForeignText.Escape(text);

        escaped.ShouldBe(expected);
        ForeignText.Escape(escaped).ShouldBe(expected);
        ForeignText.NeedsEscape(text).ShouldBe(text != expected);
    }

    [Fact]
    public void Unpaired_surrogate_is_escaped() => ForeignText.Escape("a" + '\ud83d' + "b").ShouldBe("a\\uD83Db");

    [Fact]
    public void Long_text_is_truncated()
    {
        string escaped = ForeignText.Escape(new string('x', 100_000));

        escaped.Length.ShouldBe(ForeignText.MaxLength + 1);
        escaped.ShouldEndWith("…");
    }

    private static async Task ServeAsync(ITransportConnection connection, string entry)
    {
        var peer = new RawPeer(connection);
        byte[] text = Encoding.UTF8.GetBytes(Poison);
        Hello hello = Hello.Parse(await peer.ReadRecordAsync(RecordType.Hello));
        if (entry == "REFUSE")
        {
            await peer.SendAsync(RecordType.Refuse, new Refusal(TunnelStatus.Unavailable, TimeSpan.Zero, Poison).ToPayload());
            await peer.DrainAsync();
            return;
        }

        var ticket = new SessionTicket(Guid.NewGuid(), new byte[32], TimeSpan.Zero);
        var welcome = new Welcome(
            1, SessionFeatures.None, hello.Nonce, Guid.NewGuid(), PeerLimits.From(new TunnelLimits()), Guid.NewGuid(), 1, 0, ticket);
        await peer.SendAsync(RecordType.Welcome, welcome.ToPayload());
        await peer.ReadRecordAsync(RecordType.Confirm);
        await peer.SendAsync(RecordType.Ready);
        ReceivedFrame call = await peer.ReadFrameAsync();
        switch (entry)
        {
            case "CLOSE":
                await peer.SendAsync(RecordType.Close, new CloseMessage(TunnelStatus.Aborted, 0, Poison).ToPayload());
                break;
            case "DRAIN":
                await peer.SendFrameAsync(FrameType.Drain, FrameFlags.None, 0, text);
                await peer.SendAsync(RecordType.Close, new CloseMessage(TunnelStatus.Aborted, 0, "red").ToPayload());
                break;
            case "failure":
                await peer.SendFrameAsync(FrameType.Reply, FrameFlags.End, call.Stream, CreateFailure());
                break;
            case "failure of an open stream":
                await peer.SendFrameAsync(FrameType.End, FrameFlags.End, call.Stream, CreateFailure());
                break;
            default:
                // A callback that does not exist, from which the client refuses, and then a failure that ends the call.
                await peer.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.OneWay, 2, 1, 2, 3, 4);
                await peer.SendFrameAsync(FrameType.Reply, FrameFlags.End, call.Stream, CreateFailure());
                break;
        }

        await peer.DrainAsync();
    }

    private static byte[] CreateFailure()
    {
        var body = new System.Buffers.ArrayBufferWriter<byte>();
        FailureBody.Write(body, 64 << 10, TunnelStatus.Aborted, Poison, null);
        return body.WrittenSpan.ToArray();
    }

    private static async Task AttackAsync(ServerApp app, string entry)
    {
        if (entry is "CLOSE" or "version")
        {
            await using RawSession attacker = entry == "CLOSE"
                ? await RawSession.ConnectAsync(app.Address()) : await RawSession.OpenPathAsync(app.Address());
            await attacker.Peer.SendAsync(entry == "CLOSE"
                ? Wire.Record(RecordType.Close, new CloseMessage(TunnelStatus.Aborted, 0, Poison).ToPayload())
                : Wire.Record(RecordType.Hello, Encoding.UTF8.GetBytes(Poison)));
            await attacker.Peer.DrainAsync();
            return;
        }

        if (entry == "reverse-http")
        {
            await AnswerReverseHttpAsync(app.Address());
            return;
        }

        await using TunnelClient client = await app.ConnectAsync(
            null, configure: options => options.Serve<IWorkbenchListener>(new FailingListener()));
        IWorkbench stub = client.Get<IWorkbench>();
        var argument = new Fussy { IsFussy = false, Text = Poison };
        switch (entry)
        {
            case "exception":
                await Record.ExceptionAsync(() => stub.FailAsync(Poison).DefaultTimeout());
                break;
            case "argument":
                await Record.ExceptionAsync(() => stub.PutAsync(argument).DefaultTimeout());
                break;
            case "one-way argument":
                await stub.DropAsync(argument).DefaultTimeout();
                await Record.ExceptionAsync(() => stub.PutAsync(argument).DefaultTimeout());
                break;
            default:
                await Record.ExceptionAsync(() => stub.AskAsync().DefaultTimeout());
                break;
        }
    }

    /// <summary>A client of reverse HTTP that answers the server's request with a status line of its own.</summary>
    private static async Task AnswerReverseHttpAsync(Uri address)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port).DefaultTimeout();
        using NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(
            "POST /tunnel HTTP/1.1\r\nHost: h\r\nTunnelRpc-Version: 1\r\nConnection: Upgrade\r\nUpgrade: PTTH/1.0\r\n"
            + "Content-Length: 0\r\n\r\n"
            + "HTTP/1.1 418 red\u009b\r\nContent-Length: 0\r\n\r\n")).DefaultTimeout();

        // Until the server ends the connection.
        await Record.ExceptionAsync(() => stream.CopyToAsync(Stream.Null).DefaultTimeout());
    }

    private static void ShouldBeEscaped(IEnumerable<string> texts)
    {
        foreach (string line in texts.SelectMany(text => text.ReplaceLineEndings("\n").Split('\n')))
        {
            line.TrimStart().StartsWith("forged", StringComparison.Ordinal).ShouldBeFalse(line);
            line.ShouldAllBe(c => !char.IsControl(c) && CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.Format);
        }
    }

    private sealed class FailingListener : IWorkbenchListener
    {
        public Task AnswerAsync() => throw new TunnelException(TunnelStatus.Aborted, Poison);
    }
}
