using System.Text;
using TunnelRpc.Gateway.ReverseHttp;

namespace TunnelRpc.Gateway.Tests.ReverseHttp;

/// <summary>Heads of programs that do not send Connection.</summary>
public sealed class HeadMenderTests
{
    [Theory]
    [InlineData("PTTH/0.9")]
    [InlineData("PTTH/1.0")]
    [InlineData("ptth")]
    public void Upgrade_without_Connection_gets_the_field_and_no_other_byte_changes(string token)
    {
        string head = $"POST /claim/shop HTTP/1.1\r\nHost:  a \r\nupgrade: {token}\r\n";

        Mend(head + "\r\n").ShouldBe(head + "Connection: Upgrade\r\n\r\n");
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nUpgrade: PTTH/1.0\r\nConnection: close\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST / HTTP/1.0\r\nUpgrade: PTTH/1.0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nUpgrade : PTTH/1.0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\nHost: a\nUpgrade: PTTH/1.0\r\n\r\n")]
    public void Other_head_stays_as_it_is(string head) => Mend(head).ShouldBeNull();

    private static string? Mend(string head)
        => HeadMender.Mend(Encoding.Latin1.GetBytes(head)) is { } mended ? Encoding.Latin1.GetString(mended) : null;
}
