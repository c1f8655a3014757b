using System.Text;
using TunnelRpc.Sessions;

namespace TunnelRpc.Tests.Sessions;

public sealed class HandshakePayloadTests
{
    private static readonly PeerLimits Limits = new(1 << 18, 1 << 22, 4096);

    private static readonly Hello NewSession = new(1, 3, (SessionFeatures)0xA0B0C0D0, Guid.NewGuid(), Limits, null);

    private static readonly Welcome ForNew = new(
        1, (SessionFeatures)5, Guid.NewGuid(), Guid.NewGuid(), Limits, Guid.NewGuid(), 1, 0,
        new SessionTicket(Guid.NewGuid(), [.. Enumerable.Range(1, 32).Select(i => (byte)i)], TimeSpan.FromMinutes(2)));

    [Fact]
    public void Hello_for_a_new_session_comes_back()
    {
        Hello.Parse(NewSession.ToPayload()).ShouldBe(NewSession);
    }

    [Fact]
    public void Hello_for_a_resume_comes_back()
    {
        byte[] proof = [.. Enumerable.Range(50, 32).Select(i => (byte)i)];
        Hello hello = NewSession with { Resume = new ResumeRequest(Guid.NewGuid(), 7, ulong.MaxValue, proof) };

        Hello parsed = Hello.Parse(hello.ToPayload());

        parsed.Resume.ShouldNotBeNull().Proof.ShouldBe(proof);
        (parsed with { Resume = parsed.Resume with { Proof = hello.Resume.Proof } }).ShouldBe(hello);
    }

    [Fact]
    public void Welcome_for_a_new_session_comes_back()
    {
        Welcome parsed = Welcome.Parse(ForNew.ToPayload());

        parsed.Ticket.ShouldNotBeNull().Key.ShouldBe(ForNew.Ticket!.Key);
        (parsed with { Ticket = parsed.Ticket with { Key = ForNew.Ticket.Key } }).ShouldBe(ForNew);
    }

    [Fact]
    public void Welcome_for_a_resumed_session_comes_back()
    {
        Welcome welcome = ForNew with { Epoch = uint.MaxValue, ReceivedOffset = 1UL << 63, Ticket = null };

        Welcome.Parse(welcome.ToPayload()).ShouldBe(welcome);
    }

    [Fact]
    public void Refusal_and_close_come_back()
    {
        var refusal = new Refusal(TunnelStatus.ResourceExhausted, TimeSpan.FromSeconds(90), "grüße");
        var close = new CloseMessage(TunnelStatus.Ok, ulong.MaxValue, "");

        Refusal.Parse(refusal.ToPayload()).ShouldBe(refusal);
        CloseMessage.Parse(close.ToPayload()).ShouldBe(close);
    }

    [Fact]
    public void Reasons_are_cut_so_that_their_records_stay_small()
    {
        string reason = new('x', 100_000);

        Refusal.Parse(new Refusal(TunnelStatus.Internal, TimeSpan.Zero, reason).ToPayload()).Reason.Length.ShouldBe(1024);
        CloseMessage.Parse(new CloseMessage(TunnelStatus.Internal, 1, reason).ToPayload()).Reason.Length.ShouldBe(1024);
    }

    [Fact]
    public void A_later_versions_bytes_behind_the_known_ones_are_ignored()
    {
        Hello.Parse([.. NewSession.ToPayload(), 1, 2, 3]).ShouldBe(NewSession);
        Welcome.Parse([.. (ForNew with { Ticket = null }).ToPayload(), 1, 2, 3]).ShouldBe(ForNew with { Ticket = null });
    }

    [Fact]
    public void Every_shorter_payload_is_refused()
    {
        byte[] hello = (NewSession with { Resume = new ResumeRequest(Guid.NewGuid(), 1, 1, new byte[32]) }).ToPayload();
        byte[] welcome = ForNew.ToPayload();

        for (int length = 0; length < hello.Length; length++)
        {
            Should.Throw<TunnelProtocolException>(() => Hello.Parse(hello.AsSpan(0, length))).Message.ShouldStartWith("Expected a HELLO");
        }

        for (int length = 0; length < welcome.Length; length++)
        {
            Should.Throw<TunnelProtocolException>(() => Welcome.Parse(welcome.AsSpan(0, length))).Message.ShouldStartWith("Expected a WELCOME");
        }

        for (int length = 0; length < 9; length++)
        {
            Should.Throw<TunnelProtocolException>(() => CloseMessage.Parse(new byte[length])).Message.ShouldBe($"Expected a CLOSE of at least 9 bytes, got {length}.");
        }

        for (int length = 0; length < 5; length++)
        {
            Should.Throw<TunnelProtocolException>(() => Refusal.Parse(new byte[length])).Message.ShouldBe($"Expected a REFUSE of at least 5 bytes, got {length}.");
        }
    }

    [Fact]
    public void A_payload_that_does_not_begin_with_the_magic_is_no_hello()
    {
        byte[] foreign = NewSession.ToPayload();
        Encoding.ASCII.GetBytes("HTTP").CopyTo(foreign, 0);

        TunnelProtocolException error = Should.Throw<TunnelProtocolException>(() => Hello.Parse(foreign));

        error.Message.ShouldContain("begins with \"TRPC\"");
        error.Message.ShouldContain("does not speak TunnelRpc");
    }

    [Fact]
    public void An_unknown_kind_is_refused()
    {
        byte[] hello = NewSession.ToPayload();
        hello[38] = 2;
        byte[] welcome = ForNew.ToPayload();
        welcome[77] = 2;

        Should.Throw<TunnelProtocolException>(() => Hello.Parse(hello)).Message.ShouldContain("got kind 2");
        Should.Throw<TunnelProtocolException>(() => Welcome.Parse(welcome)).Message.ShouldStartWith("Expected a WELCOME");
    }

    [Theory]
    [InlineData(0, 26, "stream window", 1)]
    [InlineData(-1, 30, "message size", 1024)]
    [InlineData(1023, 30, "message size", 1024)]
    [InlineData((1 << 30) + 1, 34, "concurrent calls", 1)]
    public void Limits_out_of_range_are_refused_by_name(int value, int offset, string name, int least)
    {
        byte[] hello = NewSession.ToPayload();
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(hello.AsSpan(offset), value);

        TunnelProtocolException error = Should.Throw<TunnelProtocolException>(() => Hello.Parse(hello));

        error.Message.ShouldBe($"Expected the peer's limit of {name} from {least} to 2^30, got {(uint)value}.");
    }

    [Fact]
    public void A_status_that_this_version_does_not_know_is_unknown()
    {
        byte[] close = new CloseMessage(TunnelStatus.Ok, 1, "").ToPayload();
        close[0] = 99;
        byte[] refusal = new Refusal(TunnelStatus.NotFound, TimeSpan.Zero, "").ToPayload();
        refusal[0] = 0;

        CloseMessage.Parse(close).Status.ShouldBe(TunnelStatus.Unknown);
        Refusal.Parse(refusal).Status.ShouldBe(TunnelStatus.Unknown);
    }
}
