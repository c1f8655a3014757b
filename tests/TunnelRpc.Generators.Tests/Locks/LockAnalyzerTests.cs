using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using Shouldly;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.CodeFixes;
using TunnelRpc.Generators.Emission;
using TunnelRpc.Generators.Locks;
using TunnelRpc.Generators.Parsing;
using Xunit;

namespace TunnelRpc.Generators.Tests.Locks;

/// <summary>The analyzer that compares contracts with the lock of the project, and the code fix that adds to the lock.</summary>
public sealed class LockAnalyzerTests
{
    private const string Contract = """
        using System.Threading.Tasks;
        using TunnelRpc;
        namespace Acme;
        [TunnelService(Name = "fleet")] public partial interface IFleet
        {
            Task<Kind> RunAsync(Job job);
            Task StopAsync();
        }
        public sealed record Job(int Id, string Name);
        public enum Kind { A, B }
        """;

    /// <summary>Changes of the contract: the ids of the diagnostics, and what is replaced by what.</summary>
    public static TheoryData<string, string, string, string> Violations => new()
    {
        { "TRPC0601", "Task StopAsync();", "", "IFleet" },
        { "TRPC0601", "int Id", "string Id", "RunAsync" },
        { "TRPC0602", "Task StopAsync();", "[OneWay] Task StopAsync();", "StopAsync" },
        { "TRPC0602", "{ A, B }", "{ A, B, C }", "RunAsync" },
        { "TRPC0602", "Task StopAsync();", "[Timeout(\"5s\")] Task StopAsync();", "StopAsync" },
        { "TRPC0603", "Task StopAsync();", "Task StopAsync(int seconds = 5);", "StopAsync" },
        { "TRPC0603", "string Name", "string Name, int Age = 0", "IFleet" },
    };

    [Theory, MemberData(nameof(Violations))]
    public async Task Change_is_reported_at_its_method(string id, string before, string after, string place)
    {
        string source = Contract.Replace(before, after, StringComparison.Ordinal);

        Diagnostic found = (await AnalyzeAsync(source, LockOf(Contract))).ShouldHaveSingleItem();

        found.Id.ShouldBe(id, found.GetMessage(System.Globalization.CultureInfo.InvariantCulture));
        found.Location.SourceTree!.GetText().ToString(found.Location.SourceSpan).ShouldBe(place);
    }

    [Fact]
    public async Task Message_says_which_side_breaks()
    {
        string source = Contract.Replace("int Id", "string Id", StringComparison.Ordinal);

        Diagnostic found = (await AnalyzeAsync(source, LockOf(Contract))).Single();

        found.GetMessage(System.Globalization.CultureInfo.InvariantCulture).ShouldBe(
            "fleet/RunAsync, the parameter 'job'.Id: int32 became string: an older client still sends int32, which a newer server cannot "
            + "read. Undo the change, or accept it with \"tunnelrpc contract lock --accept\" after a build with TunnelContractLock=false.");
    }

    [Fact]
    public async Task Contract_that_is_in_the_lock_reports_nothing() => (await AnalyzeAsync(Contract, LockOf(Contract))).ShouldBeEmpty();

    [Fact]
    public async Task Project_without_a_lock_reports_nothing() => (await AnalyzeAsync(Contract, null)).ShouldBeEmpty();

    [Fact]
    public async Task Removed_service_is_reported_in_the_lock()
    {
        Diagnostic found = (await AnalyzeAsync(Contract, LockOf(Contract) + "service other\n")).ShouldHaveSingleItem();

        found.Id.ShouldBe("TRPC0601");
        found.Location.GetLineSpan().Path.ShouldBe("TunnelContracts.lock");
        found.Location.GetLineSpan().StartLinePosition.Line.ShouldBe(LockOf(Contract).Split('\n').Length - 1);
    }

    [Fact]
    public async Task Reserved_line_accepts_a_break()
    {
        string accepted = LockOf(Contract).Replace(
            "method fleet/StopAsync unary", "reserved method fleet/StopAsync unary", StringComparison.Ordinal);

        (await AnalyzeAsync(Contract.Replace("Task StopAsync();", "", StringComparison.Ordinal), accepted)).ShouldBeEmpty();
        (await AnalyzeAsync(Contract, accepted)).ShouldContain(d => d.Id == "TRPC0601");
    }

    [Theory]
    [InlineData("service fleet\nnonsense", 1)]
    [InlineData("service fleet\n<<<<<<< ours", 1)]
    public async Task Lock_that_cannot_be_read_is_reported_at_its_line(string text, int line)
    {
        Diagnostic found = (await AnalyzeAsync(Contract, text)).ShouldHaveSingleItem();

        found.Id.ShouldBe("TRPC0600");
        found.Location.GetLineSpan().StartLinePosition.Line.ShouldBe(line);
    }

    [Fact]
    public async Task Fix_of_one_diagnostic_adds_its_facts_only()
    {
        string source = Contract
            .Replace("Task StopAsync();", "Task StopAsync(int seconds = 5);", StringComparison.Ordinal)
            .Replace("Task<Kind> RunAsync", "Task<string> WaitAsync(); Task<Kind> RunAsync", StringComparison.Ordinal);

        string text = await FixAsync(source, LockOf(Contract), all: false);

        Added(text, LockOf(Contract)).ShouldAllBe(line => line.Contains("StopAsync") || line.Contains("WaitAsync"));
        Added(text, LockOf(Contract)).Select(line => line.Contains("StopAsync")).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task Fix_all_adds_everything_to_an_empty_lock_and_a_break_stays()
    {
        (await FixAsync(Contract, "", all: true)).ShouldBe(LockOf(Contract));

        string broken = Contract
            .Replace("int Id", "string Id", StringComparison.Ordinal)
            .Replace("Task StopAsync();", "Task StopAsync(int seconds = 5);", StringComparison.Ordinal);
        string text = await FixAsync(broken, LockOf(Contract), all: true);

        Added(text, LockOf(Contract)).ShouldBe(["method fleet/StopAsync parameter 0 int32 seconds =5"]);
        (await AnalyzeAsync(broken, text)).ShouldHaveSingleItem().Id.ShouldBe("TRPC0601");
    }

    private static string[] Added(string text, string before) => [.. text.Split('\n').Except(before.Split('\n'))];

    private static string LockOf(string source)
    {
        CSharpCompilation compilation = Compilations.Create(source);
        INamedTypeSymbol contract = compilation.GetTypeByMetadataName("Acme.IFleet").ShouldNotBeNull();
        return LockFile.Format(ContractFacts.Of(new ContractParser(compilation, null, default).Parse(contract)!), []);
    }

    private static async Task<ImmutableArray<Diagnostic>> AnalyzeAsync(string source, string? contractLock)
    {
        ImmutableArray<AdditionalText> files = contractLock is null ? [] : [new LockDocument(contractLock)];
        return await Compilations.Create(source)
            .WithAnalyzers([new LockAnalyzer()], new AnalyzerOptions(files))
            .GetAnalyzerDiagnosticsAsync();
    }

    private static async Task<string> FixAsync(string source, string contractLock, bool all)
    {
        using var workspace = new AdhocWorkspace();
        ProjectId id = ProjectId.CreateNewId();
        DocumentId document = DocumentId.CreateNewId(id);
        DocumentId additional = DocumentId.CreateNewId(id);
        Solution solution = workspace.CurrentSolution
            .AddProject(ProjectInfo.Create(
                id,
                VersionStamp.Default,
                "Contracts",
                "Contracts",
                LanguageNames.CSharp,
                compilationOptions: new CSharpCompilationOptions(
                    OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable),
                metadataReferences: Compilations.References))
            .AddDocument(document, "Contract.cs", SourceText.From(source))
            .AddAdditionalDocument(additional, LockFile.FileName, SourceText.From(contractLock), filePath: LockFile.FileName);
        Project project = solution.GetProject(id)!;
        Compilation compilation = (await project.GetCompilationAsync())!;
        ImmutableArray<Diagnostic> found = await compilation
            .WithAnalyzers([new LockAnalyzer()], project.AnalyzerOptions)
            .GetAnalyzerDiagnosticsAsync();
        Diagnostic[] fixable = [.. found.Where(d => d.Id == "TRPC0603")];
        var fix = new AddToLockCodeFix();
        CodeAction? action = null;
        if (all)
        {
            action = await fix.GetFixAllProvider().GetFixAsync(new FixAllContext(
                solution.GetDocument(document)!,
                fix,
                FixAllScope.Project,
                "Add to TunnelContracts.lock",
                fix.FixableDiagnosticIds,
                new FixedDiagnostics(fixable),
                CancellationToken.None));
        }
        else
        {
            await fix.RegisterCodeFixesAsync(new CodeFixContext(
                solution.GetDocument(document)!, fixable[0], (registered, _) => action = registered, CancellationToken.None));
        }

        ImmutableArray<CodeActionOperation> operations = await action.ShouldNotBeNull().GetOperationsAsync(CancellationToken.None);
        Solution changed = operations.OfType<ApplyChangesOperation>().Single().ChangedSolution;
        return (await changed.GetAdditionalDocument(additional)!.GetTextAsync()).ToString();
    }

    /// <summary>The lock of a project.</summary>
    private sealed class LockDocument(string text) : AdditionalText
    {
        public override string Path => LockFile.FileName;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }

    /// <summary>The diagnostics of a project, as the compiler found them.</summary>
    private sealed class FixedDiagnostics(IEnumerable<Diagnostic> diagnostics) : FixAllContext.DiagnosticProvider
    {
        public override Task<IEnumerable<Diagnostic>> GetAllDiagnosticsAsync(Project project, CancellationToken cancellationToken) =>
            Task.FromResult(diagnostics);

        public override Task<IEnumerable<Diagnostic>> GetDocumentDiagnosticsAsync(Document document, CancellationToken cancellationToken) =>
            Task.FromResult(diagnostics);

        public override Task<IEnumerable<Diagnostic>> GetProjectDiagnosticsAsync(Project project, CancellationToken cancellationToken) =>
            Task.FromResult(diagnostics);
    }
}
