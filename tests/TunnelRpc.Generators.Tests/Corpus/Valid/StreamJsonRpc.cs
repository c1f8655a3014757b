using System.IO;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Corpus.StreamJsonRpc;

// Methods of a server, with a token, progress and pipes.
[TunnelService] public partial interface IServer
{
    Task<int> AddAsync(int a, int b, CancellationToken cancellationToken);
    Task<JsonElement> InvokeAsync(string method, JsonElement arguments);
    Task<FormatProgress> GetProgressAsync();
    Task FormatAsync(IProgress<FormatProgress> progress, CancellationToken cancellationToken);
    Task<PipeReader> OpenAsync(string path);
    Task WriteAsync(PipeWriter output, Stream input);
}

public readonly record struct FormatProgress(int Done, int Total);

// A language server: positions, ranges, edits.
[TunnelService(Name = "textDocument", Callback = typeof(ILanguageClient))] public partial interface ILanguageServer
{
    [TunnelMethod(Name = "definition")] Task<Location[]> GetDefinitionAsync(TextDocumentPosition position, CancellationToken cancellationToken);
    [TunnelMethod(Name = "rename")] Task<WorkspaceEdit?> RenameAsync(TextDocumentPosition position, string newName);
    [TunnelMethod(Name = "didOpen"), OneWay] Task OpenAsync(Uri document, string text);
    Task<TextDocumentPosition> LastAsync();
}

[TunnelService] public partial interface ILanguageClient
{
    [OneWay] Task PublishDiagnosticsAsync(Uri document, IReadOnlyList<DiagnosticItem> diagnostics);
    Task<DiagnosticItem> LastAsync();
}

public struct Position
{
    [JsonPropertyName("line")]
    public int Line { get; set; }

    [JsonPropertyName("character")]
    public int Character { get; set; }
}

public sealed class TextRange
{
    public required Position Start { get; init; }

    public required Position End { get; init; }
}

public sealed record Location(Uri Uri, TextRange Range);

public sealed record TextDocumentPosition(Uri TextDocument, Position Position);

public sealed record TextEdit(TextRange Range, string NewText);

public sealed class WorkspaceEdit
{
    public Dictionary<string, TextEdit[]>? Changes { get; set; }
}

public sealed class DiagnosticItem
{
    public TextRange? Range { get; set; }

    public DiagnosticSeverity? Severity { get; set; }

    public string? Code { get; set; }

    public string Message { get; set; } = "";

    public List<RelatedInformation>? Related { get; set; }
}

public enum DiagnosticSeverity { Error = 1, Warning = 2 }

public sealed record RelatedInformation(Location Location, string Message);

// Marshalled objects: a contract that is passed by reference.
[TunnelService] public partial interface ICounter { Task<long> IncrementAsync(long by = 1); }

[TunnelService] public partial interface ICounterFactory { Task<ICounter> CreateAsync(string name); Task<Dictionary<string, ICounter>> AllAsync(); }

// A stream of values that starts with some values.
[TunnelService] public partial interface INumbers { IAsyncEnumerable<int> GetNumbersAsync(int batch, CancellationToken cancellationToken = default); }

// An error with data.
public sealed record CommonErrorData(string TypeName, string? Message, string? StackTrace, CommonErrorData? Inner, int HResult);

[TunnelService] public partial interface IErrors { [TunnelFault(typeof(CommonErrorData))] Task ThrowAsync(); Task<CommonErrorData> LastAsync(); }

public static class Values
{
    public static int Sum => 3;

    public static FormatProgress Progress => new(1, 2);

    public static JsonElement Json => JsonDocument.Parse("""{"jsonrpc":"2.0","id":1,"params":[1,null]}""").RootElement;

    private static TextRange Range() => new() { Start = new() { Line = 1, Character = 2 }, End = new() { Line = 3, Character = 4 } };

    public static Location[] Locations => [new(new("file:///a.cs"), Range())];

    public static WorkspaceEdit? Edit => new() { Changes = new() { ["a"] = [new(Range(), "x")] } };

    public static TextDocumentPosition Position => new(new("file:///b.cs"), new() { Line = 5, Character = 6 });

    public static DiagnosticItem Item => new()
    {
        Range = Range(),
        Severity = DiagnosticSeverity.Warning,
        Code = "CS0168",
        Message = "m",
        Related = [new(Locations[0], "r")],
    };

    public static long Count => 7;

    public static CommonErrorData Error => new("t", "m", "s", new("u", null, null, null, 1), 2);
}
