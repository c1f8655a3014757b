using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Multiplexing;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Attacks;

/// <summary>What refusals tell a peer about the application: nothing, unless IncludeExceptionDetails is on.</summary>
public sealed class DisclosureTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Refusal_of_an_unknown_method_lists_the_services_only_with_IncludeExceptionDetails(bool details)
    {
        await using ServerApp app = await ServerApp.StartAsync(
            services => services.AddService<IWorkbench>(new Workbench()), options => options.IncludeExceptionDetails = details);
        await using RawSession attacker = await RawSession.ConnectAsync(app.Address());

        await attacker.Peer.SendFrameAsync(FrameType.Call, FrameFlags.End, 1, 1, 2, 3, 4);
        TunnelException refused = FailureBody.Read((await attacker.Peer.ReadFrameOfAsync(1)).Body);

        refused.Status.ShouldBe(TunnelStatus.Unimplemented);
        refused.Message.ShouldContain("0x01020304");
        refused.Message.Contains("Workbench", StringComparison.Ordinal).ShouldBe(details, refused.Message);
    }

    [Theory]
    [InlineData(false, "Put")]
    [InlineData(true, "Put")]
    [InlineData(false, "PutLarge")]
    [InlineData(false, "Count")]
    public async Task Exception_of_an_argument_is_sent_only_with_IncludeExceptionDetails_and_is_logged(bool details, string call)
    {
        await using ServerApp app = await ServerApp.StartAsync(
            services => services.AddService<IWorkbench>(new Workbench()), options => options.IncludeExceptionDetails = details);
        await using TunnelClient client = await app.ConnectAsync(null);
        IWorkbench stub = client.Get<IWorkbench>();

        Exception refused = (await Record.ExceptionAsync(() => (call switch
        {
            "Put" => stub.PutAsync(Create("text")),
            "PutLarge" => stub.PutAsync(Create(new string('x', 100_000))),
            _ => stub.CountAsync(ItemsAsync()),
        }).DefaultTimeout())).ShouldNotBeNull();

        refused.ShouldBeOfType<TunnelException>().Status.ShouldBe(TunnelStatus.InvalidArgument);
        refused.Message.ShouldContain("could not be decoded");
        refused.Message.Contains(Fussy.Secret, StringComparison.Ordinal).ShouldBe(details, refused.Message);
        if (!details && call != "Count")
        {
            app.Log.Lines.ShouldContain(line => line.Contains(Fussy.Secret, StringComparison.Ordinal));
        }
    }

    private static Fussy Create(string text) => new() { IsFussy = false, Text = text };

    private static async IAsyncEnumerable<Fussy> ItemsAsync()
    {
        yield return Create("text");
        await Task.Yield();
    }
}
