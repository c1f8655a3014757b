using System.Runtime.Versioning;
using System.Text;
using Shouldly;
using TunnelRpc.Client;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Lab;

/// <summary>A proxy that opens TLS, and whose authority the client trusts: what it can read of the calls, with and without end-to-end TLS.</summary>
[SupportedOSPlatform("linux")]
public sealed class InterceptedTls(ITestOutputHelper output)
{
    private const string Secret = "nobody on the way may read this 4711";

    /// <summary>In what the client says, and in what it is told back.</summary>
    private static readonly string[] Plaintexts = [Secret, Secret.ToUpperInvariant()];

    private static ProxyPath Path => ProxyTable.Paths.Single(p => p.Program == ProxyProgram.MitmproxyIntercepting && p.Frontend == FrontendProtocol.Http2);

    public static TheoryData<string> Transports => [.. ProxyTable.InOrder(Path.WorkingTransports)];

    [Theory, MemberData(nameof(Transports))]
    public async Task With_end_to_end_TLS_it_reads_nothing_of_the_calls_and_the_report_tells_of_it(string transport)
    {
        await using LabSetup setup = await LabSetup.StartAsync(
            Path, options => options.EndToEndTls = new TunnelServerTlsOptions { Certificate = LabCertificate.Server });

        string reason = await CallAsync(setup, transport, encrypted: true);
        byte[] captured = setup.Proxy!.Captured;

        output.WriteLine($"{captured.Length} bytes captured. {reason}");
        Contains(captured, "/tunnel").ShouldBeTrue("The capture does not even hold the requests.");
        Plaintexts.Where(text => Contains(captured, text)).ShouldBeEmpty();
        reason.ShouldContain("was terminated with the certificate");
        reason.ShouldContain("mitmproxy");
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Without_end_to_end_TLS_it_reads_all_of_the_calls(string transport)
    {
        await using LabSetup setup = await LabSetup.StartAsync(Path);

        await CallAsync(setup, transport, encrypted: false);

        byte[] captured = setup.Proxy!.Captured;
        Plaintexts.Where(text => !Contains(captured, text)).ShouldBeEmpty();
    }

    private static bool Contains(ReadOnlySpan<byte> captured, string text) => captured.IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;

    /// <summary>Makes calls that carry the secret both ways; gives what the report says of the path.</summary>
    private static async Task<string> CallAsync(LabSetup setup, string transport, bool encrypted)
    {
        await using TunnelClient client = await setup.ConnectAsync(options =>
        {
            LabSetup.UseOnly(options, transport);
            if (encrypted)
            {
                options.EndToEndTls = new TunnelClientTlsOptions();
                options.EndToEndTls.TrustedRoots.Add(LabCertificate.Authority);
            }
        }).WaitAsync(Workload.HangTimeout);
        ILabService service = client.Get<ILabService>();
        (await service.EchoAsync(Secret).WaitAsync(Workload.HangTimeout)).ShouldBe(Secret);
        (await service.CallBackAsync(Secret).WaitAsync(Workload.HangTimeout)).ShouldBe(Secret.ToUpperInvariant());
        return client.Report!.Winner.ShouldNotBeNull().Reason;
    }
}
