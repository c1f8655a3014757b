using System.Text;
using TunnelRpc.Compatibility;
using TunnelRpc.Sessions;

namespace TunnelRpc.Tests.Sessions;

public sealed class HandshakePayloadTests
{
    private static readonly PeerLimits Limits = new(1 << 18, 1 << 22, 4096, 1 << 24, 1 << 26);

    private static readonly Hello NewSession = new(1, 3, (SessionFeatures)0xA0B0C0D0, Guid.NewGuid(), Limits, null);

    private static readonly Welcome ForNew = new(
        1, (SessionFeatures)5, Guid.NewGuid(), Guid.NewGuid(), Limits, Guid.NewGuid(), 1, 0,
        new SessionTicket(Guid.NewGuid(), [.. Enumerable.Range(1, 32).Select(i => (byte)i)], TimeSpan.FromMinutes(2)));

    [Fact]
    public void Hello_for_a_new_session_round_trips()
    {
        Hello.Parse(NewSession.ToPayload()).ShouldBe(NewSession);
    }

    [Fact]
    public void Hello_for_a_resumption_round_trips()
    {
        byte[] proof = [.. Enumerable.Range(50, 32).Select(i => (byte)i)];
        Hello hello = NewSession with { Resume = new ResumeRequest(Guid.NewGuid(), 7, ulong.MaxValue, proof) };

        Hello parsed = Hello.Parse(hello.ToPayload());

        parsed.Resume.ShouldNotBeNull().Proof.ShouldBe(proof);
        (parsed with { Resume = parsed.Resume with { Proof = hello.Resume.Proof } }).ShouldBe(hello);
    }

    [Fact]
    public void Welcome_for_a_new_session_round_trips()
    {
        Welcome parsed = Welcome.Parse(ForNew.ToPayload());

        parsed.Ticket.ShouldNotBeNull().Key.ShouldBe(ForNew.Ticket!.Key);
        (parsed with { Ticket = parsed.Ticket with { Key = ForNew.Ticket.Key } }).ShouldBe(ForNew);
    }

    [Fact]
    public void Welcome_has_the_fingerprints_of_contracts()
    {
        Welcome welcome = ForNew with { Fingerprints = FingerprintList.Create([new DeclaredContract("fleet", 0x0102030405060708, [])]) };
        byte[] payload = welcome.ToPayload();

        Welcome.Parse(payload).Fingerprints.Find("fleet").ShouldBe(0x0102030405060708ul);
        payload.Length.ShouldBe(ForNew.ToPayload().Length + 14);
        Should.Throw<TunnelProtocolException>(() => Welcome.Parse(payload.AsSpan(..^1)));
    }

    [Fact]
    public void Welcome_for_a_resumed_session_round_trips()
    {
        Welcome welcome = ForNew with { Epoch = uint.MaxValue, ReceivedOffset = 1UL << 63, Ticket = null };

        Welcome.Parse(welcome.ToPayload()).ShouldBe(welcome);
    }

    [Fact]
    public void Refusal_and_close_round_trip()
    {
        var refusal = new Refusal(TunnelStatus.ResourceExhausted, TimeSpan.FromSeconds(90), "grüße");
        var close = new CloseMessage(TunnelStatus.Ok, ulong.MaxValue, "");

        Refusal.Parse(refusal.ToPayload()).ShouldBe(refusal);
        CloseMessage.Parse(close.ToPayload()).ShouldBe(close);
    }

    [Fact]
    public void Reason_is_cut_at_1024_bytes()
    {
        string reason = new('x', 100_000);

        Refusal.Parse(new Refusal(TunnelStatus.Internal, TimeSpan.Zero, reason).ToPayload()).Reason.Length.ShouldBe(1024);
        CloseMessage.Parse(new CloseMessage(TunnelStatus.Internal, 1, reason).ToPayload()).Reason.Length.ShouldBe(1024);
    }

    [Fact]
    public void Payload_with_bytes_after_the_known_fields_is_parsed()
    {
        Hello.Parse([.. NewSession.ToPayload(), 1, 2, 3]).ShouldBe(NewSession);
        Welcome.Parse([.. (ForNew with { Ticket = null }).ToPayload(), 1, 2, 3]).ShouldBe(ForNew with { Ticket = null });
    }

    [Fact]
    public void Payload_that_is_too_short_is_refused()
    {
        byte[] hello = (NewSession with { Resume = new ResumeRequest(Guid.NewGuid(), 1, 1, new byte[32]) }).ToPayload();
        byte[] welcome = ForNew.ToPayload();

        for (int length = 0; length < hello.Length; length++)
        {
            Should.Throw<TunnelProtocolException>(() => Hello.Parse(hello.AsSpan(0, length))).Message.ShouldStartWith("Expected a HELLO");
        }

        for (int length = 0; length < welcome.Length; length++)
        {
            Should.Throw<TunnelProtocolException>(() => Welcome.Parse(welcome.AsSpan(0, length)))
                .Message.ShouldStartWith("Expected a WELCOME");
        }

        for (int length = 0; length < 9; length++)
        {
            Should.Throw<TunnelProtocolException>(() => CloseMessage.Parse(new byte[length]))
                .Message.ShouldBe($"Expected a CLOSE of at least 9 bytes, got {length}.");
        }

        for (int length = 0; length < 5; length++)
        {
            Should.Throw<TunnelProtocolException>(() => Refusal.Parse(new byte[length]))
                .Message.ShouldBe($"Expected a REFUSE of at least 5 bytes, got {length}.");
        }
    }

    [Fact]
    public void HELLO_without_the_magic_is_refused()
    {
        byte[] foreign = NewSession.ToPayload();
        Encoding.ASCII.GetBytes("HTTP").CopyTo(foreign, 0);

        TunnelProtocolException error = Should.Throw<TunnelProtocolException>(() => Hello.Parse(foreign));

        error.Message.ShouldContain("begins with \"TRPC\"");
        error.Message.ShouldContain("does not speak TunnelRpc");
    }

    [Fact]
    public void Handshake_payload_of_an_unknown_kind_is_refused()
    {
        byte[] hello = NewSession.ToPayload();
        hello[46] = 2;
        byte[] welcome = ForNew.ToPayload();
        welcome[85] = 2;

        Should.Throw<TunnelProtocolException>(() => Hello.Parse(hello)).Message.ShouldContain("got kind 2");
        Should.Throw<TunnelProtocolException>(() => Welcome.Parse(welcome)).Message.ShouldStartWith("Expected a WELCOME");
    }

    [Theory]
    [InlineData(0, 26, "stream window", 1)]
    [InlineData(-1, 30, "message size", 1024)]
    [InlineData(1023, 30, "message size", 1024)]
    [InlineData((1 << 30) + 1, 34, "concurrent calls", 1)]
    [InlineData(0, 38, "partial message bytes", 1, "2^31 - 1")]
    [InlineData(-1, 42, "pending call bytes", 1, "2^31 - 1")]
    public void Limit_out_of_range_is_refused_and_named(int value, int offset, string name, int min, string max = "2^30")
    {
        byte[] hello = NewSession.ToPayload();
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(hello.AsSpan(offset), value);

        TunnelProtocolException error = Should.Throw<TunnelProtocolException>(() => Hello.Parse(hello));

        error.Message.ShouldBe($"Expected the peer's limit of {name} from {min} to {max}, got {(uint)value}.");
    }

    [Fact]
    public void Status_that_this_version_does_not_know_is_Unknown()
    {
        byte[] close = new CloseMessage(TunnelStatus.Ok, 1, "").ToPayload();
        close[0] = 99;
        byte[] refusal = new Refusal(TunnelStatus.NotFound, TimeSpan.Zero, "").ToPayload();
        refusal[0] = 0;

        CloseMessage.Parse(close).Status.ShouldBe(TunnelStatus.Unknown);
        Refusal.Parse(refusal).Status.ShouldBe(TunnelStatus.Unknown);
    }
}
