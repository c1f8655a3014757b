using System.Buffers;
using System.Text;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;
using Xunit;

namespace TunnelRpc.Server.Tests.Attacks;

/// <summary>Responses that lead a client to another server, ask it for credentials, or do not end. Each fails the attempt.</summary>
public sealed class HostileResponseTests
{
    private const string Token = "the-token-of-the-user";

    private static readonly string[] Names = ["upgrade", "websocket", "reverse-http", "two-connection", "n-plus-one", "long-poll"];

    public static TheoryData<string> Transports => new(Names);

    public static TheoryData<string, int> Redirections()
    {
        var cases = new TheoryData<string, int>();
        foreach (string transport in Names)
        {
            cases.Add(transport, 302);
            cases.Add(transport, 308);
        }

        return cases;
    }

    [Theory, MemberData(nameof(Redirections))]
    public async Task Redirection_is_not_followed(string transport, int status)
    {
        await using var other = new HostileServer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        await using var server = new HostileServer(
            $"HTTP/1.1 {status} Elsewhere\r\nLocation: {other.Address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        await using TunnelClient client = server.CreateClient(new RecordingLoggerFactory(), UseToken, transport);

        TunnelConnectException failed = await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());

        failed.Message.ShouldContain("redirects to", Case.Sensitive, failed.Message);
        server.Connections.ShouldBeGreaterThan(0);
        other.Connections.ShouldBe(0);
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Challenge_for_the_credentials_of_the_machine_is_not_answered(string transport)
    {
        await using var server = new HostileServer(
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
            + "Content-Length: 0\r\nConnection: close\r\n\r\n");
        await using TunnelClient client = server.CreateClient(new RecordingLoggerFactory(), UseToken, transport);

        TunnelConnectException failed = await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());

        failed.Message.ShouldContain("401");
        server.Heads.ShouldNotBeEmpty();
        foreach (string head in server.Heads)
        {
            string[] authorizations =
                [.. head.Split("\r\n").Where(line => line.StartsWith("Authorization:", StringComparison.OrdinalIgnoreCase))];
            authorizations.ShouldHaveSingleItem().ShouldBe("Authorization: Bearer " + Token);
        }
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Head_without_an_end_is_cut(string transport)
    {
        long sent = 0;
        await using var server = new HostileServer("HTTP/1.1 101 Switching Protocols\r\nX-Endless: ", async connection =>
        {
            var chunk = new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("aaaa\r\nX-More: ", 4096))));
            while (true)
            {
                await connection.WriteAsync(chunk, CancellationToken.None);
                Interlocked.Add(ref sent, chunk.Length);
            }
        });
        await using TunnelClient client = server.CreateClient(new RecordingLoggerFactory(), transport: transport);

        await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());

        // What the buffers of the sockets hold, and a head of 64 KiB for each attempt.
        Interlocked.Read(ref sent).ShouldBeLessThan(32 << 20);
    }

    /// <summary>A program on the path answers in place of the server, without TLS: the session must not start without it.</summary>
    [Theory]
    [InlineData(nameof(RecordType.Welcome))]
    [InlineData(nameof(RecordType.Refuse))]
    [InlineData(nameof(RecordType.Ready))]
    public async Task End_to_end_TLS_cannot_be_stripped(string record)
    {
        RecordType answer = Enum.Parse<RecordType>(record);
        var received = new List<byte>();
        await using (var server = new HostileServer(HostileServer.Upgraded, AnswerAsync))
        await using (TunnelClient client = server.CreateClient(
            new RecordingLoggerFactory(),
            options => options.EndToEndTls = new TunnelClientTlsOptions { TargetHost = "server.example" }))
        {
            await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());
        }

        // The client has sent a ClientHello, and no record of a session.
        received[0].ShouldBe((byte)0x16);
        received.ToArray().AsSpan().IndexOf("TRPC"u8).ShouldBe(-1);

        async Task AnswerAsync(ITransportConnection connection)
        {
            byte[] buffer = new byte[4096];
            while (await connection.ReadAsync(buffer, CancellationToken.None) is > 0 and int count)
            {
                bool isFirst = received.Count == 0;
                received.AddRange(buffer[..count]);
                if (isFirst)
                {
                    await connection.WriteAsync(new ReadOnlySequence<byte>(Wire.Record(answer, CreatePayload(answer))), default);
                }
            }
        }
    }

    private static byte[] CreatePayload(RecordType type)
    {
        var ticket = new SessionTicket(Guid.NewGuid(), new byte[32], TimeSpan.FromMinutes(2));
        PeerLimits limits = PeerLimits.From(new TunnelLimits());
        return type switch
        {
            RecordType.Welcome =>
                new Welcome(1, SessionFeatures.None, Guid.NewGuid(), Guid.NewGuid(), limits, Guid.NewGuid(), 1, 0, ticket).ToPayload(),
            RecordType.Refuse => new Refusal(TunnelStatus.Unavailable, TimeSpan.Zero, "Use no TLS.").ToPayload(),
            _ => [],
        };
    }

    private static void UseToken(TunnelClientOptions options) =>
        options.AccessTokenProvider = _ => ValueTask.FromResult<string?>(Token);
}
