using TunnelRpc.Generators.Locks;

namespace TunnelRpc.Generators.Tests.Locks;

/// <summary>The changes of services, methods and parameters.</summary>
internal static partial class ContractChanges
{
    /// <summary>The server fails the call.</summary>
    private const string Refused = ": ";

    /// <summary>The client rejects the result.</summary>
    private const string Undecoded = "could not be decoded";

    private static readonly ContractVersion Get = new(
        "Task<int> GetAsync(int id);",
        "public Task<int> GetAsync(int id) => Task.FromResult(id);",
        "return \"got \" + await contract.GetAsync(5);");

    private static readonly ContractVersion Fails = new(
        "Task GetAsync(int id);",
        "public Task GetAsync(int id) => throw new TunnelException(TunnelStatus.FailedPrecondition, \"closed\");",
        "try { await contract.GetAsync(5); return \"no failure\"; } catch (TunnelException error) { return \"failure \" + error.Status; }");

    private static readonly ContractVersion Two = new(
        "Task<int> GetAsync(int a, int b);",
        "public Task<int> GetAsync(int a, int b) => Task.FromResult(a - b);",
        "return \"got \" + await contract.GetAsync(a: 5, b: 3);");

    private static readonly ContractVersion Callback = new(
        "Task<string> GetAsync();",
        "public async Task<string> GetAsync() => \"server: \" + await caller.Callback.NameAsync();",
        "return \"got \" + await contract.GetAsync();")
    {
        Attributes = "[TunnelService(Name = \"shop\", Callback = typeof(IScreen))]",
        Types = """
            [TunnelService(Name = "screen")] public partial interface IScreen { Task<string> NameAsync(); }
            public sealed class Screen : IScreen { public Task<string> NameAsync() => Task.FromResult("screen"); }
            """,
        Injected = "ITunnelCaller<IScreen> caller",
        Configure = "options.Serve<IScreen>(new Screen());",
    };

    private static readonly ContractVersion WithoutCallback = new(
        "Task<string> GetAsync();",
        "public Task<string> GetAsync() => Task.FromResult(\"server\");",
        "return \"got \" + await contract.GetAsync();");

    private static readonly ContractChange[] Methods =
    [
        new(
            "a method is added",
            LockGrade.Addition,
            Get,
            Get with
            {
                Methods = Get.Methods + " Task DropAsync();",
                Body = Get.Body + " public Task DropAsync() => Task.CompletedTask;",
                Call = "await contract.DropAsync(); return \"dropped\";",
            },
            "got 5",
            "Unimplemented"),
        new(
            "a method is removed",
            LockGrade.Break,
            Get with
            {
                Methods = Get.Methods + " Task DropAsync();",
                Body = Get.Body + " public Task DropAsync() => Task.CompletedTask;",
                Call = "await contract.DropAsync(); return \"dropped\";",
            },
            Get,
            "Unimplemented",
            "got 5"),
        new(
            "a method is renamed",
            LockGrade.Break,
            Get,
            new(
                "Task<int> FindAsync(int id);",
                "public Task<int> FindAsync(int id) => Task.FromResult(id);",
                "return \"got \" + await contract.FindAsync(5);"),
            "Unimplemented",
            "Unimplemented"),
        new(
            "a method is renamed, `[TunnelMethod]` keeps the name",
            null,
            Get,
            new(
                "[TunnelMethod(Name = \"GetAsync\")] Task<int> FindAsync(int id);",
                "public Task<int> FindAsync(int id) => Task.FromResult(id);",
                "return \"got \" + await contract.FindAsync(5);"),
            "got 5",
            "got 5"),
        new(
            "a service is renamed",
            LockGrade.Break,
            Get,
            Get with { Attributes = "[TunnelService(Name = \"store\")]" },
            "Unimplemented",
            "Unimplemented"),
        new(
            "a parameter with a default is added at the end",
            LockGrade.Addition,
            Get,
            new(
                "Task<int> GetAsync(int id, int more = 2);",
                "public Task<int> GetAsync(int id, int more) => Task.FromResult(id + more);",
                "return \"got \" + await contract.GetAsync(5, 3);"),
            "got 7",
            "got 5"),
        new(
            "a parameter without a default is added",
            LockGrade.Break,
            Get,
            new(
                "Task<int> GetAsync(int id, int more);",
                "public Task<int> GetAsync(int id, int more) => Task.FromResult(id + more);",
                "return \"got \" + await contract.GetAsync(5, 3);"),
            Refused,
            "got 5"),
        new(
            "a parameter with a default is removed at the end",
            LockGrade.Surprise,
            new(
                "Task<int> GetAsync(int id, int more = 2);",
                "public Task<int> GetAsync(int id, int more) => Task.FromResult(id + more);",
                "return \"got \" + await contract.GetAsync(5, 3);"),
            Get,
            "got 5",
            "got 7"),
        new(
            "a parameter without a default is removed",
            LockGrade.Break,
            new(
                "Task<int> GetAsync(int id, int more);",
                "public Task<int> GetAsync(int id, int more) => Task.FromResult(id + more);",
                "return \"got \" + await contract.GetAsync(5, 3);"),
            Get,
            "got 5",
            Refused),
        new(
            "parameters are reordered",
            LockGrade.Break,
            Two,
            Two with
            {
                Methods = "Task<int> GetAsync(int b, int a);",
                Body = "public Task<int> GetAsync(int b, int a) => Task.FromResult(a - b);",
            },
            "got -2",
            "got -2"),
        new(
            "a parameter is renamed",
            LockGrade.Addition,
            Get,
            Get with
            {
                Methods = "Task<int> GetAsync(int number);",
                Body = "public Task<int> GetAsync(int number) => Task.FromResult(number);",
            },
            "got 5",
            "got 5"),
        new(
            "the default of a parameter is changed",
            LockGrade.Surprise,
            new(
                "Task<int> GetAsync(int id = 5);",
                "public Task<int> GetAsync(int id) => Task.FromResult(id);",
                "return \"got \" + await contract.GetAsync();"),
            new(
                "Task<int> GetAsync(int id = 6);",
                "public Task<int> GetAsync(int id) => Task.FromResult(id);",
                "return \"got \" + await contract.GetAsync();"),
            "got 5",
            "got 6"),
        new(
            "unary becomes server streaming",
            LockGrade.Break,
            Get,
            new(
                "IAsyncEnumerable<int> GetAsync(int id);",
                "public async IAsyncEnumerable<int> GetAsync(int id) { await Task.Yield(); yield return id; }",
                "await foreach (int i in contract.GetAsync(5)) { return \"got \" + i; } return \"nothing\";"),
            Refused,
            Refused),
        new(
            "client streaming becomes unary",
            LockGrade.Break,
            new(
                "Task<int> GetAsync(IAsyncEnumerable<int> items);",
                "public async Task<int> GetAsync(IAsyncEnumerable<int> items) "
                    + "{ int sum = 0; await foreach (int i in items) { sum += i; } return sum; }",
                "return \"got \" + await contract.GetAsync(Items()); "
                    + "static async IAsyncEnumerable<int> Items() { await Task.Yield(); yield return 5; }"),
            new(
                "Task<int> GetAsync(int[] items);",
                "public Task<int> GetAsync(int[] items) => Task.FromResult(items.Sum());",
                "return \"got \" + await contract.GetAsync([5]);"),
            "InvalidArgument: Expected no stream of items",
            "InvalidArgument: Expected a stream of items"),
        new(
            "one-way becomes two-way, without a result",
            LockGrade.Surprise,
            Fails with { Methods = "[OneWay] Task GetAsync(int id);" },
            Fails,
            "no failure",
            "failure FailedPrecondition"),
        new(
            "two-way becomes one-way, without a result",
            LockGrade.Surprise,
            Fails,
            Fails with { Methods = "[OneWay] Task GetAsync(int id);" },
            "failure FailedPrecondition",
            "no failure"),
        new(
            "one-way becomes two-way, with a result",
            LockGrade.Break,
            Fails with { Methods = "[OneWay] Task GetAsync(int id);", Body = "public Task GetAsync(int id) => Task.CompletedTask;" },
            Get,
            "no failure",
            Undecoded),
        new(
            "`[Idempotent]` is removed",
            LockGrade.Surprise,
            Get with { Methods = "[Idempotent] " + Get.Methods },
            Get,
            "got 5",
            "got 5"),
        new(
            "`[Idempotent]` is added",
            LockGrade.Addition,
            Get,
            Get with { Methods = "[Idempotent] " + Get.Methods },
            "got 5",
            "got 5"),
        new(
            "the timeout is changed",
            LockGrade.Surprise,
            Get with { Methods = "[Timeout(\"30s\")] " + Get.Methods },
            Get with { Methods = "[Timeout(\"20s\")] " + Get.Methods },
            "got 5",
            "got 5"),
        new(
            "ordered dispatch is added",
            LockGrade.Surprise,
            Get,
            Get with { Attributes = "[TunnelService(Name = \"shop\", Dispatch = TunnelDispatch.Ordered)]" },
            "got 5",
            "got 5"),
        new("a callback contract is added", LockGrade.Surprise, WithoutCallback, Callback, Refused, "got server"),
        new("a callback contract is removed", LockGrade.Break, Callback, WithoutCallback, "got server", Refused),
        new(
            "a callback contract is replaced",
            LockGrade.Break,
            Callback,
            Callback with { Types = Callback.Types.Replace("\"screen\")]", "\"display\")]", StringComparison.Ordinal) },
            Refused,
            Refused),
        new(
            "a method of a callback contract is added",
            LockGrade.Addition,
            Callback,
            Callback with
            {
                Types = Callback.Types
                    .Replace("NameAsync(); }", "NameAsync(); Task<string> TitleAsync(); }", StringComparison.Ordinal)
                    .Replace("(\"screen\");", "(\"screen\"); public Task<string> TitleAsync() => NameAsync();", StringComparison.Ordinal),
                Body = Callback.Body.Replace("NameAsync", "TitleAsync", StringComparison.Ordinal),
            },
            Refused,
            "got server: screen"),
        new(
            "a fault is added",
            LockGrade.Surprise,
            Get with { Body = "public Task<int> GetAsync(int id) => throw new InvalidOperationException(\"closed\");", Call = Catch("") },
            Get with
            {
                Methods = "[TunnelFault(typeof(Closed), Name = \"closed\")] " + Get.Methods,
                Body = "public Task<int> GetAsync(int id) => throw new TunnelFaultException<Closed>(new Closed(7));",
                Types = "public sealed record Closed(int Until);",
                Call = Catch("TunnelFaultException<Closed>"),
            },
            "without detail",
            "without detail"),
    ];

    /// <summary>A client that shows whether the detail of a fault arrived.</summary>
    private static string Catch(string fault) =>
        "try { await contract.GetAsync(5); return \"got 5\"; } "
        + (fault.Length == 0 ? "" : $"catch ({fault} error) {{ return \"until \" + error.Fault.Until; }} ")
        + "catch (TunnelException) { return \"without detail\"; }";
}
